"""Lines of text → facts, for the forms that are read line by line."""

from collections.abc import Callable, Iterator

from stashlight.decoders.stream import Stream
from stashlight.decoders.text_lines import text_lines
from stashlight.errors import Problem
from stashlight.listings.fact import Fact, Page

__all__ = ["facts_of_lines", "first_lines"]


def first_lines(head: bytes, most: int = 40) -> list[str]:
    """Give the first lines of a file that are not empty; none if it is no text."""
    if b"\0" in head:
        return []
    lines = head.decode("utf-8", "replace").split("\n")[: most * 4]
    # The last one may be cut off.
    whole = lines[:-1] if len(head) >= 1 << 16 else lines
    return [line.rstrip("\r") for line in whole if line.strip()][:most]


def facts_of_lines(stream: Stream, fact: Callable[[str, int], Fact | str | None]) -> Iterator[Page]:
    """
    Give the facts that `fact` makes of each line.

    `fact` gives None for a line that is about no file, a text for what is wrong with it. A line that is not UTF-8 is
    read all the same, what is unreadable in it as U+FFFD: the file is then not found by that name, which is said.
    """
    for lines, _ in text_lines(stream):
        page = Page()
        rows = 0
        for number, raw in lines:
            if raw is None:
                page.problems.append(Problem(stream.name, f"line {number}", "line longer than any row"))
                continue
            text = raw.rstrip(b"\r").decode("utf-8", "replace")
            if not text.strip():
                continue
            found = fact(text, number)
            if isinstance(found, Fact):
                rows += 1
                if "\ufffd" in found.path:
                    said = "its name is not UTF-8: write the list as Unicode"
                    page.problems.append(Problem(stream.name, f"line {number}", said))
                else:
                    page.facts.append(found)
            elif found is not None:
                rows += 1
                page.problems.append(Problem(stream.name, f"line {number}", found))
        yield Page(rows, page.facts, page.problems)
