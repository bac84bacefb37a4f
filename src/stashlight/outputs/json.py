"""One JSON document: the stable contract, described by `docs/reference/result.schema.json`."""

from collections.abc import Iterator

from stashlight.incidents.document import Document
from stashlight.incidents.document_json import to_json
from stashlight.terminal import Page

SUFFIX: str = ".json"


def render(document: Document, page: Page) -> Iterator[str]:  # noqa: ARG001 - JSON is the same on every page
    """Give the whole document, indented: it reads back with `document_json.from_json`."""
    yield to_json(document, indent=True) + "\n"
