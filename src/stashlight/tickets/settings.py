"""
What a target needs to know: from the command line, a settings file or the environment; secrets never from the first.

A secret is read from `STASHLIGHT_<TARGET>_<NAME>` or from the file that `STASHLIGHT_<TARGET>_<NAME>_FILE` names. A
command line can be read by everybody on the machine, so a secret given there is refused.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from stashlight.errors import SettingError

__all__ = ["Setting", "Settings", "read_settings"]

_SAFE = frozenset({"https", "smtps", "smtp"})  # the mail target refuses to go on if a server offers no STARTTLS
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a target; without a default it must be given."""

    name: str
    help: str
    default: str | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Values by name. Secrets stay out of every text that is made of it."""

    values: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def several(self, name: str) -> list[str]:
        """Give the parts of a value that commas divide."""
        return [part.strip() for part in self[name].split(",") if part.strip()]

    def hidden(self, text: str) -> str:
        """Give `text` with every secret in it blotted out."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            if len(secret) > 3:  # a shorter one hides nothing, and blotting it out would garble everything
                text = text.replace(secret, "***")
        return text


def read_settings(
    target: str,
    asked: Sequence[Setting],
    given: Sequence[str] = (),
    file: str | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    secrets: bool = True,
) -> Settings:
    """
    Bring the settings of a target together; what is nearer to the person wins: `--set`, environment, file, default.

    Without `secrets`, secrets may be missing: a dry run needs none.

    Raises:
        SettingError: one is missing, unknown, a secret on the command line, or an address without TLS.
    """
    known = {each.name: each for each in asked}
    values = {each.name: each.default for each in asked if each.default is not None}
    values |= _from_file(target, file, known) if file else {}
    for each in asked:
        if (value := _from_environment(target, each, environ)) is not None:
            values[each.name] = value
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or name not in known:
            message = f"{name!r} is no setting of {target}; write --set NAME=VALUE with: {', '.join(known)}"
            raise SettingError(message)
        if known[name].secret:
            message = f"{name} is a secret: set {_variable(target, name)} or {_variable(target, name)}_FILE instead"
            raise SettingError(message)
        values[name] = value
    if values.get("url"):
        _check_address(target, values["url"])
    for each in asked:
        if each.name not in values and (secrets or not each.secret):
            message = f"{target} needs {each.name} ({each.help}): {_how(target, each)}"
            raise SettingError(message)
    hidden = tuple(values[each.name] for each in asked if each.secret and values.get(each.name))
    return Settings(values, hidden)


def _from_file(target: str, file: str, known: Mapping[str, Setting]) -> dict[str, str]:
    try:
        tables: dict[str, object] = tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"cannot read settings from {file}: {error}"
        raise SettingError(message) from error
    table = tables.get(target, {})
    if not isinstance(table, dict):
        message = f"{file}: [{target}] should be a table"
        raise SettingError(message)
    values = cast("dict[str, object]", table)
    if odd := [name for name in values if name not in known]:
        message = f"{file}: {odd[0]!r} is no setting of {target}; there are: {', '.join(known)}"
        raise SettingError(message)
    return {
        name: ",".join(map(str, cast("list[object]", value))) if isinstance(value, list) else str(value)
        for name, value in values.items()
    }


def _from_environment(target: str, setting: Setting, environ: Mapping[str, str]) -> str | None:
    name = _variable(target, setting.name)
    if name in environ:
        return environ[name]
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot read {name}_FILE: {error}"
            raise SettingError(message) from error
    return None


def _variable(target: str, name: str) -> str:
    return f"STASHLIGHT_{target}_{name}".upper()


def _how(target: str, setting: Setting) -> str:
    variable = _variable(target, setting.name)
    return f"set {variable} or {variable}_FILE" if setting.secret else f"--set {setting.name}=… or {variable}"


def _check_address(target: str, url: str) -> None:
    """Refuse to send over an open line; a server on this machine may do without TLS."""
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme in _SAFE or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        has_login = parts.username is not None
    except ValueError:
        is_safe = has_login = False
    if not is_safe or has_login:  # the address may itself be the secret, so it is not shown
        message = f"the url of {target} should be https://HOST/…, without a login in it"
        raise SettingError(message)
