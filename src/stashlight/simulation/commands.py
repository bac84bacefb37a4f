"""
What to run on a machine of one's own to do what a procedure does, and to clean up: `commands` of a procedure, as data.

    commands: {shell: cmd | powershell | sh, needs: what must be there, leaves: [process, file], run: [lines], clean_up: [lines]}

`leaves` names the families of signals (`validation/signals.py`) that the lines leave in logs. `{marker}` stands for a
name that occurs nowhere else, so that these traces can be found there. Stashlight prints the lines and never runs them.
"""

from dataclasses import dataclass
from typing import cast

from stashlight.errors import SettingError
from stashlight.simulation.procedure import Procedure

__all__ = ["Commands", "commands", "marker"]

_SHELLS = ("cmd", "powershell", "sh")
_KEYS = frozenset({"shell", "needs", "leaves", "run", "clean_up"})


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines for a shell; `needs` says what must be there ("" if nothing), `leaves` what shows of it in logs."""

    shell: str
    needs: str
    leaves: tuple[str, ...]
    run: tuple[str, ...]
    clean_up: tuple[str, ...]


def marker(procedure: Procedure) -> str:
    """Give the name that the traces of a procedure's commands carry."""
    return f"slt_{procedure.name}"


def commands(procedure: Procedure) -> Commands | None:
    """
    Give the commands of a procedure, None if it has none.

    Raises:
        SettingError: they are not written as above, or leave something behind; names file and line.
    """
    written = procedure.document.content.get("commands")
    if written is None:
        return None
    fields = cast("dict[str, object]", written) if isinstance(written, dict) else {}
    run, clean_up, leaves = (_lines(fields.get(key), procedure) for key in ("run", "clean_up", "leaves"))
    if fields.keys() - _KEYS or fields.get("shell") not in _SHELLS or not (run and clean_up and leaves):
        reason = f"commands have 'shell' ({', '.join(_SHELLS)}), lists 'leaves', 'run' and 'clean_up', perhaps 'needs'"
        raise SettingError(str(procedure.document.error(reason, "commands")))
    return Commands(str(fields["shell"]), str(fields.get("needs", "")), leaves, run, clean_up)


def _lines(written: object, procedure: Procedure) -> tuple[str, ...]:
    lines = cast("list[object]", written) if isinstance(written, list) else []
    return tuple(str(line).replace("{marker}", marker(procedure)) for line in lines)
