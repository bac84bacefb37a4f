"""The measurement itself: that it judges as the kit does, and puts its table where it belongs."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks import quality

ROOT = Path(__file__).parents[2]


def test_the_table_replaces_what_stands_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{quality.START}\nold\n{quality.END}\nafter\n", "utf-8")
    quality.put(page, "| new |")
    quality.put(page, "| new |")
    assert page.read_text("utf-8") == f"before\n{quality.START}\n| new |\n{quality.END}\nafter\n"


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n", "utf-8")
    with pytest.raises(SystemExit, match="lacks the markers"):
        quality.put(page, "x")
    assert page.read_text("utf-8") == "nothing\n"


def test_the_score_page_has_the_measured_table() -> None:
    page = (ROOT / "docs/concepts/score.md").read_text("utf-8")
    _, _, rest = page.partition(quality.START)
    table, end, _ = rest.partition(quality.END)
    assert end
    assert "| whole score |" in table
    for name in quality.factor_names():
        assert name == "baseline" or f"| without {quality.title_of(name)} |" in table, (
            "stale: python -m benchmarks.quality"
        )


def test_without_the_kit_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="judge"):
        quality.judge_in(tmp_path / "judge.py")


class _Kind:
    """A judge that finds everything."""

    def judge(self, labels: list[quality.Label], incidents: list[dict[str, Any]]) -> list[quality.Row]:
        assert incidents == []
        return [label | {"stretch": False, "graded": True, "quiet": True} for label in labels]


def test_every_scenario_is_measured_once_whatever_its_family() -> None:
    labels: list[quality.Label] = [{"id": str(n), "label": "malicious" if n % 2 else "benign"} for n in range(12)]
    scenarios = [quality.Scenario(each, f"f{int(each['id']) // 2}", (), frozenset()) for each in labels]
    lines = list(quality.cross_validation(scenarios, _Kind()))
    assert lines[-1].endswith("| 6/6 (1.00) | 6/6 (1.00) |")
