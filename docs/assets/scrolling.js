// What scrolls by itself (wide tables, many tabs) can be reached and scrolled from the keyboard, too. The theme wraps tables
// after the page has loaded, so newcomers are looked for.
const reachable = () => {
  for (const [name, label] of [[".md-typeset__scrollwrap", "table"], [".tabbed-labels", "query languages"]]) {
    for (const box of document.querySelectorAll(`${name}:not([tabindex])`)) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", label);
    }
  }
};
new MutationObserver(reachable).observe(document.body, { childList: true, subtree: true });
reachable();
