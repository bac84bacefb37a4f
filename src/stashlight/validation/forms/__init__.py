"""Validation → text: one module a form, found by listing this folder; its name is what `--as` takes."""

from collections.abc import Iterator
from typing import Protocol

from stashlight.validation.validation import Validation

__all__ = ["Form"]


class Form(Protocol):
    """What a form module has."""

    def render(self, validation: Validation) -> Iterator[str]:
        """Give the text piece by piece, line ends included."""
        ...
