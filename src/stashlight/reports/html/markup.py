"""
Text → HTML that shows it and does nothing else.

Every piece of text passes `safe`: what could repaint, reorder or hide is made visible, then the five letters that mean
something to HTML are escaped, so the result is fit for content and for quoted attributes alike.
"""

from dataclasses import dataclass, field
from html import escape

from stashlight.reports.blocks import Bad, Blank, Cite, Inline, Span, Value
from stashlight.terminal import printable

__all__ = ["Frame", "inline", "safe", "safe_lines"]

_MOST_CITED = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """Where on the page we are: `prefix` makes ids unique, `numbers` says where each event stands in the evidence."""

    prefix: str
    numbers: dict[str, int] = field(default_factory=dict[str, int])


def safe(text: str) -> str:
    """Escape text for content and quoted attributes."""
    return escape(printable(text), quote=True)


def safe_lines(text: str) -> str:
    """Escape text whose line breaks mean something."""
    return escape(printable(text.replace("\r\n", "\n").expandtabs(4), keep="\n"), quote=True)


def inline(said: Inline, frame: Frame) -> str:
    """Give text with its values, citations and blanks."""
    spans = said if isinstance(said, tuple) else (said,)
    return "".join(_span(each, frame) for each in spans)


def _span(span: Span, frame: Frame) -> str:
    match span:
        case str():
            return safe(span)
        case Value():
            return f"<code>{safe(span.text)}</code>"
        case Blank():
            asked = safe(span.ask)
            return (
                f'<span class="blank"><span class="ask">To be filled in by the analyst: {asked}</span>'
                f'<span class="fill" contenteditable="true" role="textbox" aria-multiline="true" '
                f'aria-label="{asked}"></span></span>'
            )
        case Bad():
            return f'<span class="badge {safe(span.severity)}">{safe(span.text)}</span>'
        case Cite():
            return _cited(span, frame)


def _cited(cite: Cite, frame: Frame) -> str:
    if not cite.events:
        return '<span class="none">none</span>'
    shown = [_event(event, frame) for event in cite.events[:_MOST_CITED]]
    more = len(cite.events) - _MOST_CITED
    return f'<span class="cite">{" ".join(shown)}{f" +{more:,}" if more > 0 else ""}</span>'


def _event(event: str, frame: Frame) -> str:
    number = frame.numbers.get(event)
    if number is None:
        return f'<span title="event {safe(event)}, not in the list of evidence">{safe(event[:8])}</span>'
    return f'<a href="#{frame.prefix}-e{number}" title="event {safe(event)}">E{number}</a>'
