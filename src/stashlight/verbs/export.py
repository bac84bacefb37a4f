"""Rules → the queries, rules and files of another product."""

from collections.abc import Sequence
from pathlib import Path

from stashlight.errors import RuleError, SettingError
from stashlight.exports.export import export
from stashlight.exports.exported import Exported
from stashlight.findings.load import SHIPPED, load
from stashlight.frozen import frozen
from stashlight.incidents.document_json import to_json
from stashlight.incidents.tuning import DEFAULT, read_tuning
from stashlight.outputs import deliver

__all__ = ["REPORT", "Export", "export_rules", "write_export"]

REPORT = "export.json"


@frozen
class Export:
    """What was exported to one target, and what of the rules could not even be read."""

    to: str
    lines: tuple[Exported, ...]
    errors: tuple[RuleError, ...]

    @property
    def is_whole(self) -> bool:
        """True if every rule was exported with all its parts."""
        return not self.errors and all(line.status == "exported" for line in self.lines)


def export_rules(
    to: str,
    *,
    rules: Sequence[str | Path] = (),
    only: Sequence[str] = (),
    form: str | None = None,
    settings: str | Path | None = None,
) -> Export:
    """
    Export the shipped rules and those under `rules`; `settings` is a site's file of thresholds.

    Raises:
        SettingError: no such target, form or rule, or a settings file that cannot be read.
        InputError: a path that does not exist.
    """
    read = load([SHIPPED, *rules])
    tuning = read_tuning(Path(settings)) if settings else DEFAULT
    return Export(to, tuple(export(read, to, tuning, form=form, only=only)), read.errors)


def write_export(exported: Export, folder: Path) -> None:
    """
    Write every file into `folder`, and `export.json` with a line about each rule.

    Raises:
        SettingError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot write {folder}: {error.strerror or error}"
        raise SettingError(message) from error
    for line in exported.lines:
        for name, text in line.files.items():
            deliver([text], str(folder / name))
    deliver([summary_json(exported)], str(folder / REPORT))


def summary(exported: Export) -> list[dict[str, object]]:
    """Give a line about each rule, without the text of its files."""
    return [
        {
            "id": line.id, "name": line.name, "title": line.title, "kind": line.kind, "level": line.level,
            "status": line.status, "reason": line.reason or None, "notes": list(line.notes), "files": list(line.files),
        }
        for line in exported.lines
    ]  # fmt: skip


def summary_json(exported: Export) -> str:
    """Give the lines as JSON, one a row."""
    rows = ",\n ".join(to_json(each) for each in summary(exported))
    return f"[\n {rows}\n]\n" if rows else "[]\n"
