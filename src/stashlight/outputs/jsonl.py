"""One incident a line, as in the `incidents` of the JSON document: for log shippers, `jq` and `grep`."""

from collections.abc import Iterator

from stashlight.incidents.document import Document
from stashlight.incidents.document_json import to_json
from stashlight.terminal import Page

SUFFIX: str = ".jsonl"


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give one line an incident, highest score first."""
    for incident in document.incidents:
        yield to_json(incident) + "\n"
