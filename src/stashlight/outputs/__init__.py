"""
Incident → text in some format: one module a format, found by listing this folder; its name is what `--as` takes.

An output knows the result document and nothing else. Delivering the text is one function, `deliver`, the only thing
here that touches the world. The shortest example of an output is `jsonl.py`.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from stashlight.errors import SettingError
from stashlight.incidents.document import Document
from stashlight.plugins import plugin, plugin_names
from stashlight.terminal import Page

__all__ = ["Output", "check_target", "deliver", "output", "output_names", "output_of"]


class Output(Protocol):
    """What an output module has."""

    SUFFIX: str
    """File name suffix, `.csv` or `.stix.json`: `--to result.csv` needs no `--as`."""

    def render(self, document: Document, page: Page) -> Iterable[str]:
        """Give the text piece by piece, line ends included. `page` matters only to what people read on a terminal."""
        ...


def output_names() -> list[str]:
    """Name every output."""
    return plugin_names(__name__)


def output(name: str) -> Output:
    """Give the output of that name, or a SettingError that names those that there are."""
    return plugin(__name__, name, Output)


def output_of(path: str) -> str:
    """Name the output whose suffix `path` has, the longest one (`.stix.json` before `.json`); `text` if none has it."""
    if not path:
        return "text"
    fitting = [name for name in output_names() if path.lower().endswith(output(name).SUFFIX)]
    return max(fitting, key=lambda name: len(output(name).SUFFIX), default="text")


def check_target(to: str | None) -> None:
    """
    Find out before the work, not after it, that its result has nowhere to go.

    Raises:
        SettingError: `to` is a folder, or its folder does not exist or cannot be written to.
    """
    if to is None or to == "-":
        return
    folder = Path(to).parent
    if Path(to).is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        reason = "it is a folder" if Path(to).is_dir() else f"no folder {folder} to write to"
        message = f"cannot write {to}: {reason}"
        raise SettingError(message)


def deliver(pieces: Iterable[str], to: str | None = None) -> None:
    """
    Write text as UTF-8 to the file `to`, or to standard output if there is none.

    A file appears whole or not at all. A reader that closes the pipe early, as `head` does, has had enough: no error.

    Raises:
        SettingError: the file cannot be written.
    """
    encoded = (piece.encode("utf-8", "backslashreplace") for piece in pieces)
    if to is None or to == "-":
        _to_stdout(encoded)
        return
    target = Path(to)
    try:
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as draft:
            try:
                draft.writelines(encoded)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise
        Path(draft.name).chmod(0o666 & ~_umask())
        Path(draft.name).replace(target)
    except OSError as error:
        message = f"cannot write {to}: {error.strerror or error}"
        raise SettingError(message) from error


def _to_stdout(encoded: Iterable[bytes]) -> None:
    try:
        for piece in encoded:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at exit and would complain then: give it somewhere to write to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _umask() -> int:
    """Give the umask; the system tells it only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
