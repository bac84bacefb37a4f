"""One JSON document: every check, the coverage, what was left out and why."""

from collections.abc import Iterator
from dataclasses import asdict

from stashlight.incidents.document_json import to_json
from stashlight.validation.validation import Validation


def render(validation: Validation) -> Iterator[str]:
    yield to_json({"passed": validation.passed, "gaps": len(validation.gaps), **asdict(validation)}) + "\n"
