"""
Encoding modifiers of Sigma (wide, utf16, utf16be, base64, base64offset) as bytes.

pySigma 1.5 applies them letter by letter on text: its utf16 prefixes a UTF-8 byte order mark, and base64offset
counts letters where it must count bytes. Here a value is bytes from the first of these modifiers on.
Source: https://github.com/SigmaHQ/sigma-specification, appendix on modifiers.
"""

from base64 import b64encode

__all__ = ["ENCODINGS", "EncodingError", "encoded"]

ENCODINGS = frozenset({"wide", "utf16le", "utf16", "utf16be", "base64", "base64offset"})

_START = (0, 2, 3)
_END = (None, -3, -2)


class EncodingError(ValueError):
    """A chain of modifiers that gives no text to look for."""


def encoded(text: str, modifiers: list[str]) -> list[str]:
    """
    Give the texts, any of which may stand in the log.

    Raises:
        EncodingError: bytes that never became text again.
    """
    data = text.encode()
    written: list[str] = []
    for modifier in modifiers:
        if written:
            message = f"'{modifier}' after base64"
            raise EncodingError(message)
        match modifier:
            case "wide" | "utf16le":
                data = data.decode().encode("utf-16-le")
            case "utf16":
                data = b"\xff\xfe" + data.decode().encode("utf-16-le")
            case "utf16be":
                data = data.decode().encode("utf-16-be")
            case "base64":
                written = [b64encode(data).decode()]
            case _:
                written = [_shifted(data, offset) for offset in range(3)]
    if written:
        return written
    try:
        return [data.decode()]
    except UnicodeDecodeError as error:
        message = f"{'|'.join(modifiers)} without base64 gives bytes that no log holds as text"
        raise EncodingError(message) from error


def _shifted(data: bytes, offset: int) -> str:
    return b64encode(b" " * offset + data)[_START[offset] : _END[(len(data) + offset) % 3]].decode()
