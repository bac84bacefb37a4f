"""
Pictures → HTML and SVG.

Positions are percentages, so a drawing fits any width while its text keeps its size; colours are classes, so light,
dark and paper have their own. No `style` attribute: the page's security policy forbids it.
"""

from collections.abc import Iterator

from stashlight.reports.html.markup import safe
from stashlight.reports.pictures import FanIn, Lanes, Minutes, Node, Picture, Tree
from stashlight.reports.wording import clock, many, seconds_between
from stashlight.terminal import shorten

__all__ = ["drawing"]

_ROW = 44  # px, the height of a row of the fan-in; page.css has the same
_NARROWEST = 0.8  # percent, so that an instant can be seen
_MARK = 6  # px, the width of an instant
_LONGEST = 400


def drawing(picture: Picture) -> Iterator[str]:
    """Draw a picture; its caption, which stands outside, says what there is to see."""
    match picture:
        case Lanes():
            return _lanes(picture)
        case Minutes():
            return _minutes(picture)
        case Tree():
            return _tree(picture)
        case FanIn():
            return _fan_in(picture)


def _lanes(picture: Lanes) -> Iterator[str]:
    whole = max(1, seconds_between(picture.first, picture.last) or 0)
    yield '<div class="lanes">'
    host = None
    for lane in picture.lanes:
        if lane.host != host:
            host = lane.host
            yield f'<p class="host">{safe(host)}</p>\n'
        said = "; ".join(span.what for span in lane.spans[:12])
        name = lane.rung.replace("_", " ")
        yield f'<div class="lane"><span class="rung">{safe(name)}</span>'
        yield (
            f'<svg class="bar" role="img" aria-label="{safe(name)}: {safe(shorten(said, _LONGEST))}" width="100%" '
            f'height="22">'
        )
        yield '<rect class="track" width="100%" height="22" rx="3"/>'
        for span in lane.spans:
            start = max(0, seconds_between(picture.first, span.start) or 0) / whole * 100
            width = max(_NARROWEST, (seconds_between(span.start, span.end) or 0) / whole * 100)
            shape = f'width="{min(width, 100):.2f}%" height="18" y="2"'
            kind = "span"
            if span.start == span.end:
                shape, kind = f'width="{_MARK}" height="22"', "act"
            yield (
                f'<rect class="{kind} {safe(lane.rung)}" x="{min(start, 100 - _NARROWEST):.2f}%" {shape} rx="2">'
                f"<title>{safe(shorten(span.what, _LONGEST))}</title></rect>"
            )
        yield "</svg></div>\n"
    yield (
        f'<p class="axis"><span>{safe(clock(picture.first))}</span><span>{safe(clock(picture.last))} '
        f"UTC</span></p></div>\n"
    )


def _minutes(picture: Minutes) -> Iterator[str]:
    most = max((count for _, count in picture.counts), default=0) or 1
    wide = 100 / max(1, len(picture.counts))
    yield f'<div class="minutes"><p class="axis"><span>{most:,} files</span></p>'
    yield f'<svg role="img" aria-label="{safe(picture.title)}: {safe(picture.said)}" width="100%" height="140">'
    yield (
        '<line class="grid" x1="0" x2="100%" y1="0.5" y2="0.5"/><line class="grid" x1="0" x2="100%" y1="50%" y2="50%"/>'
    )
    for number, (time, count) in enumerate(picture.counts):
        tall = count / most * 100
        if count:
            yield (
                f'<rect class="stage" x="{number * wide + wide * 0.08:.2f}%" width="{wide * 0.84:.2f}%" '
                f'y="{100 - tall:.2f}%" height="{tall:.2f}%"><title>{safe(clock(time))} UTC: '
                f"{many(count, 'file')}</title></rect>"
            )
    yield '<line class="base" x1="0" x2="100%" y1="139.5" y2="139.5"/></svg>'
    first, last = picture.counts[0][0], picture.counts[-1][0]
    yield f'<p class="axis"><span>{safe(clock(first))}</span><span>{safe(clock(last))} UTC</span></p></div>\n'


def _tree(picture: Tree) -> Iterator[str]:
    yield '<ul class="tree">'
    for root in picture.roots:
        yield from _node(root)
    yield "</ul>\n"


def _node(node: Node) -> Iterator[str]:
    tag = f' <span class="tag {safe(node.rung)}">{safe(node.rung.replace("_", " "))}</span>' if node.rung else ""
    seen = "" if node.is_recorded else ' <span class="none">named as parent only</span>'
    yield f'<li><span class="process">{safe(node.name)}</span>{tag}{seen}<code>{safe(shorten(node.detail, _LONGEST))}</code>'
    if node.children:
        yield "<ul>"
        for child in node.children:
            yield from _node(child)
        yield "</ul>"
    yield "</li>\n"


def _fan_in(picture: FanIn) -> Iterator[str]:
    tall = _ROW * max(1, len(picture.links))
    most = max((link.weight or 0 for link in picture.links), default=0) or 1
    yield '<div class="fan"><ul class="from">'
    for link in picture.links:
        weight = many(link.weight, "file") if link.weight is not None else "files not counted"
        yield (
            f'<li title="{safe(link.source)}"><code>{safe(link.source)}</code><span>{weight} · known by '
            f"{safe(link.basis)}</span></li>\n"
        )
    yield f'</ul><svg class="wires" aria-hidden="true" width="100%" height="{tall}">'
    for number, link in enumerate(picture.links):
        width = 1.5 + 8.5 * (link.weight or 0) / most
        yield (
            f'<line class="wire" x1="0" x2="100%" y1="{_ROW * number + _ROW // 2}" y2="{tall // 2}" '
            f'stroke-width="{width:.1f}"/>'
        )
    yield f'</svg><p class="to"><code>{safe(picture.place)}</code></p></div>\n'
