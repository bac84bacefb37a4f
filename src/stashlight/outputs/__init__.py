"""
Incident → text in some format: one module a format, found by listing this folder; its name is what `--as` takes.

An output knows the result document and nothing else, and touches nothing: where its text goes is the caller's
business. The shortest example is `jsonl.py`.
"""

from collections.abc import Iterable
from typing import Protocol

from stashlight.incidents.document import Document
from stashlight.terminal import Page

__all__ = ["Output"]


class Output(Protocol):
    """What an output module has."""

    SUFFIX: str
    """File name suffix, `.csv`: `--to result.csv` needs no `--as`."""

    def render(self, document: Document, page: Page) -> Iterable[str]:
        """Give the text piece by piece, line ends included. `page` matters only to what people read on a terminal."""
        ...
