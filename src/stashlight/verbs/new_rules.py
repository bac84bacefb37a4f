"""New rules, and new repositories of rules, as files: nothing that is there is ever written over."""

from pathlib import Path

from stashlight import __version__
from stashlight.errors import SettingError

__all__ = ["write_repository", "write_rule"]

_TEMPLATE = Path(__file__).parent.parent / "templates" / "repository"
# Names that begin with a dot would be hidden in the package, and could be taken for this project's own.
_HIDDEN = {"github": ".github", "gitignore": ".gitignore", "pre-commit-config.yaml": ".pre-commit-config.yaml"}


def write_rule(folder: str | Path, name: str, text: str) -> Path:
    """
    Write one rule below `folder`; give its path.

    Raises:
        SettingError: there is such a file already, or it cannot be written.
    """
    path = Path(folder) / f"{name.removesuffix('.yml')}.yml"
    _write(path, text)
    return path


def write_repository(folder: str | Path) -> list[Path]:
    """
    Write a repository for rules of one's own, with an example of each kind; give its files.

    Raises:
        SettingError: the folder holds one of these files already, or cannot be written.
    """
    files = {
        Path(folder, *(_HIDDEN.get(part, part) for part in source.relative_to(_TEMPLATE).parts)): source
        for source in sorted(_TEMPLATE.rglob("*"))
        if source.is_file()
    }
    if there := [path for path in files if path.exists()]:
        message = f"{there[0]} is there already; nothing was written"
        raise SettingError(message)
    for path, source in files.items():
        _write(path, source.read_text("utf-8").replace("{version}", __version__))
    return list(files)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        message = f"{path} is there already; it was left as it is"
        raise SettingError(message) from error
    except OSError as error:
        message = f"{path} cannot be written: {error}"
        raise SettingError(message) from error
