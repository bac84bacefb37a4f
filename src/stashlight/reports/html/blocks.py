"""Blocks and sections → HTML."""

from collections.abc import Iterator

from stashlight.reports.blocks import Block, Box, Code, Facts, Inline, Items, Section, Table, Text
from stashlight.reports.html.drawings import drawing
from stashlight.reports.html.markup import Frame, inline, safe, safe_lines
from stashlight.reports.pictures import Picture

__all__ = ["section"]

_SHORT = 19  # as long as a time to the second


def section(one: Section, frame: Frame, number: str, level: int) -> Iterator[str]:
    """Give a section with its heading of that level; folded ones can be opened."""
    name = f"{frame.prefix}-s{number}"
    heading = f'<h{level} id="{name}">{safe(one.title)}</h{level}>'
    yield "<section>\n"
    if one.folded:
        yield f'<details class="fold"><summary>{heading}</summary>\n'
    else:
        yield heading + "\n"
    for block in one.blocks:
        yield from _block(block, frame)
    for at, part in enumerate(one.parts, 1):
        yield from section(part, frame, f"{number}-{at}", level + 1)
    yield "</details></section>\n" if one.folded else "</section>\n"


def _block(block: Block, frame: Frame) -> Iterator[str]:
    match block:
        case Text():
            yield f"<p>{inline(block.said, frame)}</p>\n"
        case Facts():
            yield '<dl class="facts">'
            for name, value in block.rows:
                yield f"<div><dt>{safe(name)}</dt><dd>{inline(value, frame)}</dd></div>\n"
            yield "</dl>\n"
        case Table():
            yield from _table(block, frame)
        case Items():
            kind = "ol" if block.numbered else "ul"
            yield f"<{kind}>"
            for item in block.items:
                yield f"<li>{inline(item, frame)}</li>\n"
            yield f"</{kind}>\n"
        case Code():
            yield from _code(block)
        case Box():
            yield (
                f'<div class="box {block.tone}" role="note" aria-label="{safe(block.title)}"><p '
                f'class="lead">{safe(block.title)}</p>\n'
            )
            for each in block.blocks:
                yield from _block(each, frame)
            yield "</div>\n"
        case _:
            yield from _picture(block)


def _table(table: Table, frame: Frame) -> Iterator[str]:
    """Give a table; on a narrow page each cell carries its column's name. Numbered rows get ids."""
    yield f"<table><caption>{safe(table.caption)}</caption><thead><tr>"
    yield "".join(f'<th scope="col">{safe(head)}</th>' for head in table.heads) + "</tr></thead><tbody>\n"
    for number, row in enumerate(table.rows, 1):
        anchor = f' id="{frame.prefix}-{table.letter.lower()}{number}"' if table.letter else ""
        cells = [inline(cell, frame) for cell in row]
        if table.letter:
            cells[0] = f"{safe(table.letter)}{number} {cells[0]}"
        told = (
            f'<td{_short(said)} data-head="{safe(head)}">{cell}</td>'
            for head, cell, said in zip(table.heads, cells, row, strict=True)
        )
        yield f"<tr{anchor}>{''.join(told)}</tr>\n"
    yield "</tbody></table>\n"


def _short(said: Inline) -> str:
    """Keep numbers, times and single words in one line."""
    return (
        ' class="short"'
        if isinstance(said, str) and len(said) <= _SHORT and (" " not in said or said[:1].isdigit())
        else ""
    )


def _code(code: Code) -> Iterator[str]:
    text = f'<pre class="code"><code>{safe_lines(code.text)}</code></pre>'
    if code.folded:
        yield f'<details class="snippet"><summary>{safe(code.label)}</summary>{text}</details>\n'
    else:
        yield f"<figure><figcaption>{safe(code.label)}</figcaption>{text}</figure>\n"


def _picture(picture: Picture) -> Iterator[str]:
    yield (
        f'<figure class="picture"><figcaption><strong>{safe(picture.title)}</strong> '
        f"{safe(picture.said)}</figcaption>\n"
    )
    yield from drawing(picture)
    yield "</figure>\n"
