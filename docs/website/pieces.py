"""Small pieces of Markdown that the generated pages are made of."""

from collections.abc import Iterable, Sequence

__all__ = ["block", "code", "indented", "table", "technique"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; `|` and line ends inside cells do no harm."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def block(language: str, text: str) -> str:
    """Give a fenced block; the fence is longer than any in the text."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def code(text: str) -> str:
    """Give a text in monospace, whatever backquotes it holds."""
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else "(empty)"


def indented(text: str) -> str:
    """Give a text as part of a list item or tab."""
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def technique(name: str) -> str:
    """Give a technique with a link to ATT&CK."""
    return f"[{name}](https://attack.mitre.org/techniques/{name.replace('.', '/')}/)"
