"use strict";
(() => {
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  document.documentElement.classList.add("scripted");
  const told = document.getElementById("told");
  const field = document.getElementById("filter");
  if (field) {
    const rows = all("[data-row]").map((row) => [row, row.textContent.toLowerCase()]);
    let later = 0;
    const filter = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const [row, text] of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden && row.dataset.row === "index") shown += 1;
      }
      told.textContent = words.length ? shown + " incidents match" : "";
    };
    field.addEventListener("input", () => { clearTimeout(later); later = setTimeout(filter, 120); });
  }
  const toggle = document.getElementById("open-all");
  if (toggle) {
    toggle.addEventListener("click", () => {
      const open = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(open));
      for (const each of all(".full details")) each.open = open;
    });
  }
  for (const code of all("pre.code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    const label = code.parentElement.querySelector("figcaption, summary");
    button.setAttribute("aria-label", "Copy: " + (label ? label.textContent : "code"));
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    code.after(button);
  }
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
