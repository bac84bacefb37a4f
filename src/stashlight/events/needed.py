"""
Which script blocks, and which columns of events, anybody will look at: said by the rules, asked before a row is made.

Module and pipeline logs (4103, 800) repeat whole scripts with every statement that runs; they are most of the bytes of
many logs, and hardly any of them matches a rule. What nobody needs is read and counted, and goes no further.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import lru_cache

from stashlight.decoders import Bodies
from stashlight.decoders.envelopes import SIGNS
from stashlight.decoders.searching import searcher
from stashlight.events import arrow
from stashlight.events.schema import Kind
from stashlight.events.vocabularies import VOCABULARIES
from stashlight.events.vocabulary import Source
from stashlight.frozen import frozen

__all__ = ["ALL_NEEDED", "Needed"]

_MARK = b"PowerShell"
"""In the provider's name and the channel's of every script block."""

_MEANINGS = [(key, meaning) for v in VOCABULARIES for key, meaning in v.events.items() if isinstance(key, int)]
_WHOLE_SCRIPTS = frozenset(
    key for key, meaning in _MEANINGS if meaning.kind is Kind.SCRIPT_BLOCK and "script_parts" not in meaning.columns
) - frozenset(key for key, meaning in _MEANINGS if meaning.kind is not Kind.SCRIPT_BLOCK)


_ELSEWHERE = SIGNS | {"Event", "winlog", "event_data", "powershell", "RenderedDescription"}
"""Names of what has an event in it, or its rendered text; a record with none of them has the text in `Message`, or none."""


def _field(source: Source | None) -> tuple[str, tuple[str, ...]] | None:
    """Give the one field of the event that a column is made of, and the names of which none may stand beside it."""
    names = (source,) if isinstance(source, str) else () if source is None else source.names
    if len(names) == 1 and not names[0].startswith("@"):
        return names[0], ()
    own = [name for name in names if name != "@message"]
    return ("Message", tuple(sorted({*own, *_ELSEWHERE}))) if len(own) == 1 < len(names) else None


_FIELDS = {
    key: place
    for key, meaning in _MEANINGS
    if key in _WHOLE_SCRIPTS and (place := _field(meaning.columns.get("script_text"))) is not None
}


@frozen
class Needed:
    """
    Patterns (RE2, as `engines.pattern` writes them) by event id of a script block.

    One of them is found in the `script_text` of every event of that id that a rule can match; events of other ids are
    all needed. `kept` is a folder for what is compiled of them, "" for none.

    `columns` are those of events that anybody asks of, beside schema.KEYS; None are all. Others get no values.
    """

    patterns: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    kept: str = ""
    columns: frozenset[str] | None = None

    def bodies(self) -> Bodies:
        """
        Give what a record must hold in its bytes to be parsed at all.

        Only of events that are not parts of one block: of those all are needed if one is.
        """
        ids = frozenset(self.patterns) & _WHOLE_SCRIPTS
        patterns = dict.fromkeys(pattern for i in sorted(ids) for pattern in self.patterns[i])
        fields = tuple((i, *_FIELDS[i]) for i in sorted(ids) if i in _FIELDS)
        return Bodies(ids, tuple(patterns), _MARK, self.kept, fields) if ids else Bodies()

    def asking(self, event_id: int) -> Callable[[Iterator[memoryview | None]], Sequence[bool] | None]:
        """Give what is `among` for texts that stand somewhere as UTF-8."""

        def ask(texts: Iterator[memoryview | None]) -> Sequence[bool] | None:
            patterns = self.patterns.get(event_id)
            if patterns is None:
                return None
            if (asks := _asks(patterns, self.kept)) is not None:
                return [text is not None and asks(text) for text in texts]
            return self.among(event_id, [None if text is None else str(text, "utf-8") for text in texts])

        return ask

    def among(self, event_id: int | None, texts: Sequence[object]) -> list[bool] | None:
        """Tell for each text of a script block of this id whether it is needed; None if all are."""
        patterns = self.patterns.get(event_id) if event_id is not None else None
        if patterns is None:
            return None
        if (asks := _asks(patterns, self.kept)) is not None:
            return [isinstance(text, str) and asks(text.encode("utf-8", "replace")) for text in texts]
        distinct = sorted({text for text in texts if isinstance(text, str)})
        found = arrow.found(distinct, patterns)
        if found is None:
            return None
        hits = frozenset(text for text, hit in zip(distinct, found, strict=True) if hit)
        return [text in hits for text in texts]


@lru_cache(maxsize=8)
def _asks(patterns: tuple[str, ...], kept: str) -> Callable[[bytes | memoryview], bool] | None:
    """Give what asks a text at a time: RE2 through Arrow compiles its patterns anew with each call."""
    return searcher("\0".join(("text", *patterns)), lambda: patterns, kept, is_text=True)


ALL_NEEDED = Needed()
