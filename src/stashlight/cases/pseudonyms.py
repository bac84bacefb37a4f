"""
Pseudonyms for exports: the same name has the same pseudonym everywhere, and whoever has the key can take it back.

A pseudonym is a keyed HMAC, so names cannot be guessed without the key. What stands for what is written beside the
export, encrypted with the same key (`cryptography`'s Fernet), because a hash alone cannot be turned back.
Names are looked for in every text, commands and paths included, and replaced as whole words, longest first.
"""

import hashlib
import hmac
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Final, TypeVar, cast

import orjson

from stashlight.cases.entry import Entry
from stashlight.errors import CaseError
from stashlight.incidents.document import Incident
from stashlight.incidents.document_json import incident_from, to_json

__all__ = ["Names", "key_from", "locked", "revealed"]

Shape = TypeVar("Shape")

_KEY_BYTES: Final = 32
# Not people: built-in accounts and profiles, the same on every machine.
_COMMON: Final = frozenset(
    "system administrator administrators guest public default defaultuser0 defaultaccount root nobody daemon all "
    "local network service anonymous users user everyone localhost workgroup builtin authority unknown appdata "
    "temp windows desktop documents downloads".split()
)
_PROFILE: Final = re.compile(
    r"(?:[\\/]users[\\/]|[\\/]home[\\/]|[\\/]documents and settings[\\/])([^\\/\"'<>|:*?\r\n]+)", re.IGNORECASE
)
_SERVER: Final = re.compile(r"(?<![\\\w:])\\\\([\w.-]+)\\")
_WORD: Final = r"[^\W_]"
# Words of ours and times: a user who is called "high" must not change a severity.
_OURS: Final = frozenset(
    "Incident.id Incident.severity Incident.confidence Incident.techniques Incident.first_seen Incident.last_seen "
    "Files.minutes Factor.name Factor.evidence FindingNote.rule FindingNote.level FindingNote.first_seen "
    "FindingNote.last_seen FindingNote.evidence Evidence.event Rung.name Rung.first_seen Rung.last_seen Rung.evidence "
    "Source.basis Source.evidence Archive.evidence Command.time Command.rung Command.event Listing.format "
    "ListedFile.md5 ListedFile.sha1 ListedFile.sha256 ListedFile.state ListedFile.deleted Conflict.what".split()
)


class Names:
    """Names met so far, and their pseudonyms; `map` is what takes them back."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, str] = {}  # folded name → pseudonym
        self._pattern: re.Pattern[str] | None = None
        self.map: dict[str, str] = {}  # pseudonym → name as it was written first

    def learn(self, incident: Incident | None) -> None:
        """Meet the names of an incident: hosts, accounts, and the profiles in its paths and commands."""
        if incident is None:
            return
        told = (*incident.sources, *incident.files.folders, *incident.listings, *incident.listed)
        for host in (*incident.hosts, *(e.host for e in incident.commands), *(e.host or "" for e in told)):
            self._learn_host(host)
        for account in (*incident.accounts, *(e.account or "" for e in incident.commands)):
            self._learn_account(account)
        whole = to_json(incident).replace("\\\\", "\\")
        for server in _SERVER.findall(whole):
            self._learn_host(server)
        for profile in _PROFILE.findall(whole):
            self._learn("user", profile)

    def learn_entry(self, entry: Entry) -> None:
        """Meet the names of an entry: its author and assignee, and the incident that it keeps."""
        self._learn_account(entry.author)
        body: object = orjson.loads(entry.body)
        told = cast("dict[str, object]", body) if isinstance(body, dict) else {}
        if entry.kind == "assignee":
            self._learn_account(str(told.get("text") or ""))
        if entry.kind == "incident":
            self.learn(incident_from(told.get("incident"), f"entry {entry.number}"))

    def hide(self, value: object) -> object:
        """Give JSON with every known name in every text, keys too, replaced."""
        if isinstance(value, str):
            return self._hidden(value)
        if isinstance(value, dict):
            return {self._hidden(name): self.hide(each) for name, each in cast("dict[str, object]", value).items()}
        if isinstance(value, list | tuple):
            return [self.hide(each) for each in cast("list[object]", value)]
        return value

    def hide_in(self, thing: Shape) -> Shape:
        """Give a dataclass of the result document with every known name in its texts replaced; our own words stay."""
        if is_dataclass(thing) and not isinstance(thing, type):
            kind = type(thing).__name__
            told = {e.name: getattr(thing, e.name) for e in fields(thing) if f"{kind}.{e.name}" not in _OURS}
            return cast("Shape", replace(thing, **{name: self.hide_in(value) for name, value in told.items()}))
        if isinstance(thing, tuple):
            return cast("Shape", tuple(self.hide_in(each) for each in cast("tuple[object, ...]", thing)))
        return cast("Shape", self.hide(thing))

    def _learn_host(self, host: str) -> None:
        if host.replace(".", "").isdigit():
            self._learn("address", host)
            return
        name, _, domain = host.strip("\\/").partition(".")
        self._learn("host", name)
        self._learn("domain", domain)

    def _learn_account(self, account: str) -> None:
        domain, _, name = account.replace("/", "\\").rpartition("\\")
        name, _, realm = name.partition("@")
        for kind, each in (("user", name.rstrip("$")), ("domain", domain), ("domain", realm)):
            self._learn(kind, each)

    def _learn(self, kind: str, name: str) -> None:
        folded = name.strip().casefold()
        if not folded or folded in self._known or folded in _COMMON:
            return
        digest = hmac.new(self._key, f"{kind}\0{folded}".encode("utf-8", "backslashreplace"), hashlib.sha256)
        pseudonym = f"{kind}-{digest.hexdigest()[:12]}"
        self._known[folded] = pseudonym
        self.map[pseudonym] = name.strip()
        self._pattern = None

    def _hidden(self, text: str) -> str:
        if not self._known:
            return text
        if self._pattern is None:
            longest = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile(f"(?<!{_WORD})(?:{'|'.join(map(re.escape, longest))})(?!{_WORD})", re.IGNORECASE)
        return self._pattern.sub(self._stand_in, text)

    def _stand_in(self, match: re.Match[str]) -> str:
        folded = match[0].casefold()
        return self._known.get(folded) or self._known.get(match[0].lower()) or "name-unknown"


def key_from(path: str, *, create: bool = False) -> bytes:
    """
    Read the key; make a new one, readable by its owner only, if there is none and `create` says so.

    Raises:
        CaseError: there is none, or it is no key.
    """
    file = Path(path)
    try:
        if create and not file.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
                made.write(os.urandom(_KEY_BYTES).hex() + "\n")
        key = bytes.fromhex(file.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        message = f"cannot read a key from {path}: {error}"
        raise CaseError(message) from error
    if len(key) != _KEY_BYTES:
        message = f"{path} is no key: it should hold {_KEY_BYTES} bytes in hex"
        raise CaseError(message)
    return key


def locked(names: Names, key: bytes) -> bytes:
    """Encrypt what stands for what."""
    return _fernet(key)[0](orjson.dumps(names.map))


def revealed(text: str, secret: bytes, key: bytes) -> str:
    """
    Give the text with every pseudonym turned back.

    Raises:
        CaseError: the key does not fit the map, or the map was changed.
    """
    from cryptography.fernet import InvalidToken

    try:
        map_: dict[str, str] = orjson.loads(_fernet(key)[1](secret))
    except InvalidToken as error:
        message = "this key does not open this map of names, or the map was changed"
        raise CaseError(message) from error
    return "".join(_turned_back(text, map_))


def _turned_back(text: str, map_: dict[str, str]) -> Iterator[str]:
    at = 0
    for match in re.finditer(r"(?:host|user|domain|address)-[0-9a-f]{12}", text):
        yield text[at : match.start()] + map_.get(match[0], match[0])
        at = match.end()
    yield text[at:]


def _fernet(key: bytes) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Give encrypt and decrypt under a key of their own, made from the one for pseudonyms."""
    try:
        from cryptography.fernet import Fernet
    except ImportError as error:
        message = "pseudonyms need an extra: pip install 'stashlight[pseudonyms]'"
        raise CaseError(message) from error
    own = hmac.new(key, b"map of names", hashlib.sha256).digest()
    box = Fernet(urlsafe_b64encode(own))
    return box.encrypt, box.decrypt
