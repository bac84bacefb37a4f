"""Full incident reports as Markdown, for tickets, wikis and repositories; the same sections as the HTML page."""

from collections.abc import Iterator

from stashlight.incidents.document import Document
from stashlight.reports.markdown import markdown
from stashlight.terminal import Page

SUFFIX: str = ".md"


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - Markdown is laid out by its reader
    """Give the text piece by piece, worst incident first."""
    return markdown(document)
