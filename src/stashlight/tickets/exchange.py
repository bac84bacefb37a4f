"""
One HTTP request and what came of it: an answer, a refusal, or silence, after which nobody knows whether it arrived.

Python's own `urllib`, for its proxies, certificates (`SSL_CERT_FILE` for one's own authority) and nothing else. No
redirect is followed: it could carry the login to another host.
"""

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Final, cast

import orjson

__all__ = ["Answer", "Silence", "exchange"]

_MOST_ANSWER: Final = 4_000_000
_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. `body` is parsed JSON, or the text if it is none."""

    status: int
    body: object
    retry_after: float | None = None
    """Seconds that the server asks to wait."""

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer. `may_have_arrived` is false only where the request certainly did not reach the server."""

    reason: str
    may_have_arrived: bool


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        return None


def exchange(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, now: float, *, timeout: float = _SECONDS
) -> Answer | Silence:
    """
    Make one request over verified TLS (or to this machine), and wait at most `timeout` seconds at each step.

    `now` is seconds since 1970, to read a Retry-After that is a date.
    """
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=_verifying()))
    request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310 - the address was checked
    try:
        with opener.open(request, timeout=timeout) as response:
            return _answer(response.status, response.headers, response.read(_MOST_ANSWER), now)
    except urllib.error.HTTPError as refusal:
        with refusal:
            try:
                said = refusal.read(_MOST_ANSWER)
            except (OSError, http.client.HTTPException):
                said = b""
            return _answer(refusal.code, refusal.headers, said, now)
    except urllib.error.URLError as error:
        reason: object = error.reason
        never = isinstance(reason, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError)
        return Silence(str(reason), not never)
    except (OSError, http.client.HTTPException) as error:
        return Silence(f"{type(error).__name__}: {error}", may_have_arrived=True)


@cache
def _verifying() -> ssl.SSLContext:
    """Read the trusted certificates once: it takes longer than a request to a machine near by."""
    return ssl.create_default_context()


def _answer(status: int, headers: "Message[str, str]", said: bytes, now: float) -> Answer:
    try:
        body = cast("object", orjson.loads(said))
    except orjson.JSONDecodeError:
        body = said.decode("utf-8", "replace")
    return Answer(status, body, _seconds(headers.get("Retry-After"), now))


def _seconds(text: str | None, now: float) -> float | None:
    """Read Retry-After: seconds, or a date (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError):
        return None
