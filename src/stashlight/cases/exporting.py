"""
A case with its history as JSON: to hand over, or to keep beside the ticket.

`entries` are as they are kept, hashes included, so that a reader can check them; in an export with pseudonyms the
texts are other ones than those that were hashed, which `pseudonymised` says.
"""

from collections.abc import Sequence
from dataclasses import asdict

import orjson

from stashlight.cases.case import fold
from stashlight.cases.entry import Entry, Json
from stashlight.cases.pseudonyms import Names

__all__ = ["exported"]

_SCHEMA = "stashlight-case/1"


def exported(entries: Sequence[Entry], head: str, names: Names | None = None) -> Json:
    """Give a case, its entries and the head of the whole chain; with `names`, people and hosts by pseudonym."""
    (case,) = fold(entries).values()
    whole: Json = {
        "schema": _SCHEMA,
        "case": asdict(case),
        "entries": [{**asdict(each), "body": orjson.loads(each.body)} for each in entries],
        "head": head,
        "pseudonymised": names is not None,
    }
    if names is None:
        return whole
    names.learn(case.incident)
    for each in entries:
        names.learn_entry(each)
    return {name: names.hide(value) if name in {"case", "entries"} else value for name, value in whole.items()}
