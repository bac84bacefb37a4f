"""One offline HTML page of full incident reports: pictures, evidence, guide and playbook; prints well."""

from collections.abc import Iterator

from stashlight.incidents.document import Document
from stashlight.reports.html.page import page as report_page
from stashlight.terminal import Page

SUFFIX: str = ".html"


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - a browser has its own page
    """Give the page piece by piece, worst incident first."""
    return report_page(document)
