"""The page in a real browser: silent, loading nothing, accessible, usable on a phone and with 10,000 incidents."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Request, sync_playwright

from stashlight.incidents.document import Document
from stashlight.incidents.document_json import from_json
from stashlight.reports.html.page import page as report_page

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright (dev dependencies)")
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="the browser tests need axe (dev dependencies)"
)

RESULTS = Path(__file__).parents[1] / "outputs" / "results"
CASE = from_json((RESULTS / "case.json").read_bytes())
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator["Opened"]:
    one = Opened(browser, tmp_path)
    yield one
    one.context.close()


class Opened:
    """A page that is open, with all that it said and asked for."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.file = folder / "report.html"
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", self._error)
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def _error(self, error: Error) -> None:
        self.said.append(str(error))

    def _dialog(self, dialog: Dialog) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    def show(self, document: Document) -> None:
        with self.file.open("w", encoding="utf-8", errors="backslashreplace") as out:
            out.writelines(report_page(document))
        self.page.goto(self.file.as_uri())

    def until(self, script: str) -> None:
        """Wait for a condition; the page's own policy forbids playwright's way, which evaluates a text in it."""
        for _ in range(600):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never came true: {script}")

    def count(self, script: str) -> int:
        return cast("int", self.page.evaluate(script))


@pytest.mark.parametrize("result", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_page_is_silent_and_asks_for_nothing(opened: Opened, result: Path) -> None:
    opened.show(from_json(result.read_bytes()))
    opened.page.click("#open-all")
    assert opened.said == []
    assert opened.asked == [opened.file.as_uri()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("result", ["case", "nasty"])
def test_page_is_accessible(opened: Opened, result: str, scheme: Literal["light", "dark"]) -> None:
    """By axe-core's rules, with everything opened: nothing serious or critical, nor moderate."""
    opened.page.emulate_media(color_scheme=scheme)
    opened.show(from_json((RESULTS / f"{result}.json").read_bytes()))
    opened.page.click("#open-all")
    opened.page.evaluate(AXE)
    found = cast("dict[str, list[dict[str, object]]]", opened.page.evaluate("axe.run()"))
    assert len(found["passes"]) > 20
    assert [(each["id"], each["impact"], each["nodes"]) for each in found["violations"]] == []


def test_page_fits_a_phone(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 360, "height": 740})
    for name in ("case", "nasty"):
        opened.show(from_json((RESULTS / f"{name}.json").read_bytes()))
        opened.page.click("#open-all")
        assert opened.count("document.documentElement.scrollWidth") <= 360


def test_keyboard_reaches_everything(opened: Opened) -> None:
    """The first stop skips to the incidents; every fold opens by key."""
    opened.show(CASE)
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "Skip to the incidents"
    opened.page.focus("article summary")
    opened.page.keyboard.press("Enter")
    assert opened.count("document.querySelectorAll('article > details[open]').length") == 1


def test_citation_leads_to_its_event(opened: Opened) -> None:
    """Evidence is folded; following a citation opens it."""
    opened.show(replace(CASE, incidents=CASE.incidents[:1]))
    opened.page.click("a[href='#i1-e1']")
    opened.until("document.getElementById('i1-e1').checkVisibility()")


def test_copied_command_is_the_command(opened: Opened) -> None:
    opened.show(replace(CASE, incidents=CASE.incidents[:1]))
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = opened.page.text_content("pre.code")
    opened.page.click("button.copy >> nth=0")
    opened.until("document.querySelector('button.copy').textContent !== 'Copy'")
    assert opened.page.text_content("button.copy >> nth=0") in {"Copied", "Selected"}
    assert shown


def test_paper_has_the_folded_parts(opened: Opened) -> None:
    opened.show(replace(CASE, incidents=CASE.incidents[:1]))
    opened.page.emulate_media(media="print")
    folded = (
        "[...document.querySelectorAll('details.fold > section')].every((each) => "
        "each.getBoundingClientRect().height > 0)"
    )
    assert opened.page.evaluate(folded)
    assert len(opened.page.pdf()) > 20_000


def test_ten_thousand_incidents_stay_usable(opened: Opened) -> None:
    one = CASE.incidents[0]
    many = tuple(replace(one, id=f"SL-{n:010X}", title=f"pile number {n}") for n in range(10_000))
    opened.page.set_default_timeout(60_000)
    opened.show(replace(CASE, incidents=many))
    opened.page.fill("#filter", "number 4711")
    opened.until("document.getElementById('told').textContent === '1 incidents match'")
    took = opened.count(
        "(() => { const from = performance.now(); document.body.offsetHeight; scrollTo(0, 1e6); "
        "document.body.offsetHeight; return performance.now() - from; })()"
    )
    assert took < 5_000  # ms, on a busy machine; alone it is a tenth of that
    assert opened.said == []
