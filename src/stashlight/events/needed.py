"""
Which script blocks anybody will look at: said by the rules, asked before a row is made of one.

Module and pipeline logs (4103, 800) repeat whole scripts with every statement that runs; they are most of the bytes of
many logs, and hardly any of them matches a rule. What nobody needs is read and counted, and goes no further.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stashlight.events import arrow

__all__ = ["ALL_NEEDED", "Needed"]


@dataclass(frozen=True, slots=True)
class Needed:
    """
    Patterns (RE2, as `engines.pattern` writes them) by event id of a script block.

    One of them is found in the `script_text` of every event of that id that a rule can match; events of other ids are
    all needed.
    """

    patterns: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])

    def among(self, event_id: int | None, texts: Sequence[object]) -> list[bool] | None:
        """Tell for each text of a script block of this id whether it is needed; None if all are."""
        patterns = self.patterns.get(event_id) if event_id is not None else None
        if patterns is None:
            return None
        distinct = sorted({text for text in texts if isinstance(text, str)})
        found = arrow.found(distinct, patterns)
        if found is None:
            return None
        hits = frozenset(text for text, hit in zip(distinct, found, strict=True) if hit)
        return [text in hits for text in texts]


ALL_NEEDED = Needed()
