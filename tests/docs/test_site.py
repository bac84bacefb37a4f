"""The site: builds without a word of complaint, holds every page, needs nobody, and is searched from a folder."""

import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import sync_playwright

from stashlight.findings.load import load

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

Scheme = Literal["dark", "light"]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")

# What a page loads when it is opened; links that people follow may lead anywhere.
_LOADED = re.compile(
    r"<(?:script|img|iframe|source)[^>]*\ssrc=\"([^\"]*)\"|<link[^>]*\shref=\"([^\"]*)\"", re.IGNORECASE
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    run = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_every_page_of_the_docs_is_there_and_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")
    pages = [p.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for p in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if not (site / page).is_file()] == []
    # A tab of the navigation opens its section; the section lists its pages.
    for page in pages:
        text = (site / page).read_text("utf-8")
        assert 'class="md-nav__link md-nav__link--active"' in text, f"{page} is in no navigation"
    assert "rules/index.html" in home


def test_every_rule_has_a_page_with_all_that_is_told(site: Path) -> None:
    rules = load()
    pages = [p for p in (site / "rules").rglob("*.html") if p.parent != site / "rules"]
    assert len(pages) == len(rules.rules) + len(rules.filters)
    for page in pages:
        text = page.read_text("utf-8")
        assert 'id="logic"' in text, page
        assert 'id="evidence"' in text, page
    events = [r for r in rules.events if r.reports and not r.note.session]
    for rule in events:
        page = next(p for p in pages if f"{Path(rule.file).stem}" in p.stem and rule.id in p.read_text("utf-8"))
        text = page.read_text("utf-8")
        for part in ("SQL", "KQL (Sentinel)", "SPL", "Sumo Logic", 'id="tests"', 'id="false-positives"'):
            assert part in text, (page, part)


def test_matrix_names_every_analytic(site: Path) -> None:
    text = (site / "rules" / "coverage.html").read_text("utf-8")
    from stashlight.validation.coverage import ANALYTICS

    assert [each.id for each in ANALYTICS if each.id not in text] == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = [a or b for a, b in _LOADED.findall(page.read_text("utf-8"))]
        assert [each for each in loaded if "://" in each or each.startswith("//")] == [], page
    assert [p for p in site.rglob("*") if p.suffix in {".py", ".pyc"}] == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_site_is_searched_from_a_folder_fits_a_phone_and_is_accessible(site: Path, width: int, scheme: Scheme) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        asked: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(error.message))
        for name in (
            "index.html",
            "rules/index.html",
            "rules/windows/process_creation_copy.html",
            "rules/coverage.html",
        ):
            page.goto((site / name).as_uri())
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide == 0, f"{name} is wider than the window"
            page.evaluate(AXE)
            found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
            assert [each["id"] for each in found["violations"]] == [], name
        if width < 500:
            page.locator("label[for=__search].md-header__button").first.click()
        page.locator(".md-search__input").click()
        page.keyboard.type("robocopy")
        page.locator(".md-search-result__item").first.wait_for(timeout=15_000)
        assert "robocopy" in page.locator(".md-search-result__item").first.inner_text().lower()
        browser.close()
    assert errors == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []
