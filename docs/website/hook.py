"""
What mkdocs does not do by itself: pages made from the content, pages of the repository's root, and the navigation.

Generated pages are made when the site is built and never committed, so that they cannot be stale.
"""

import re
import sys
from pathlib import Path
from typing import Any, Final, cast

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

# mkdocs loads a hook by its path: what stands beside it has to be found, too.
sys.path.insert(0, str(Path(__file__).parent))

from coverage_page import coverage_page
from rule_pages import heading, pages, pattern_page, rule_index

__all__ = ["on_config", "on_files", "on_page_markdown"]

_ROOT: Final = Path(__file__).parents[2]
_SOURCE: Final = "https://github.com/stashlight/stashlight/blob/main/"

# Pages of the root → their place in the site.
_OUTSIDE: Final = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "project/architecture.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "CHANGELOG.md": "project/changelog.md",
    "benchmarks/README.md": "project/benchmarks.md",
}
_LINK: Final = re.compile(r"(\]\()([^)#\s]+)((?:#[^)]*)?\))")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every page of a folder into the navigation, so that none can be forgotten."""
    folders = {"guides", "concepts", "reference", "decisions"}
    nav: list[Any] = []
    # mkdocs leaves the type of its navigation open.
    for entry in cast("list[dict[str, Any]]", config["nav"] or []):
        ((title, value),) = entry.items()
        if isinstance(value, str) and value in folders:
            value = [f"{value}/{path.name}" for path in sorted((_ROOT / "docs" / value).glob("*.md"))]
            value += ["performance.md"] if title == "Reference" else []
        elif value == "rules":
            value = _rules()
        elif value == "project":
            value = [place for place in _OUTSIDE.values() if place.startswith("project/")]
        nav.append({title: value})
    config.nav = nav
    return config


def _rules() -> list[Any]:
    folders: dict[str, list[str]] = {}
    for address, _ in pages():
        folders.setdefault(heading(address), []).append(f"rules/{address}")
    return ["rules/index.md", "rules/coverage.md", "rules/patterns.md", *({k: v} for k, v in sorted(folders.items()))]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root and the generated ones, and let links leave the folder."""
    for name, place in _OUTSIDE.items():
        text = _linked((_ROOT / name).read_text("utf-8"), name, place)
        files.append(File.generated(config, place, content=text))
    for address, text in pages():
        files.append(File.generated(config, f"rules/{address}", content=text))
    made = {"index": rule_index(), "coverage": coverage_page(), "patterns": pattern_page()}
    for name, text in made.items():
        files.append(File.generated(config, f"rules/{name}.md", content=text))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: object) -> str:  # noqa: ANN401 - mkdocs' page, whose type it keeps open
    """Point links of pages in docs/ that lead out of it to where those pages are."""
    place = str(page.file.src_uri)
    return markdown if page.file.generated_by else _linked(markdown, f"docs/{place}", place)


def _linked(text: str, source: str, place: str) -> str:
    """Rewrite the links of the file `source` (from the root) for a page at `place` (in the site)."""

    def written(match: re.Match[str]) -> str:
        target = match[2]
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = (_ROOT / source).parent.joinpath(target).resolve()
        if not path.is_relative_to(_ROOT):
            return match[0]
        return f"{match[1]}{_address(path, place)}{match[3]}"

    # Code is no link, whatever it looks like.
    parts = re.split(r"(^```.*?^```$|`[^`\n]*`)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if i % 2 else _LINK.sub(written, part) for i, part in enumerate(parts))


def _address(path: Path, place: str) -> str:
    inside = path.relative_to(_ROOT).as_posix()
    wanted = _OUTSIDE.get(inside)
    if wanted is None and inside.startswith("docs/") and path.is_dir():
        wanted = min(p.relative_to(_ROOT / "docs").as_posix() for p in path.rglob("*.md"))
    elif wanted is None and inside.startswith("docs/") and path.suffix in {".md", ".json"}:
        wanted = inside.removeprefix("docs/")
    return f"{'../' * place.count('/')}{wanted}" if wanted else f"{_SOURCE}{inside}"
