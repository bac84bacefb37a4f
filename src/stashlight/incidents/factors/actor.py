"""Who is behind it: a web server, remote execution, an implant, a remote session from outside."""

import ipaddress
import re
from collections.abc import Iterator

from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor
from stashlight.incidents.writers import image_name, is_protected, masquerades

__all__ = ["NAME", "weigh"]

NAME: str = "actor"

_WEB = frozenset(
    "w3wp httpd nginx apache2 apache tomcat tomcat8 tomcat9 php-cgi php-fpm umworkerprocess beasvc java javaw catalina lighttpd".split()
)
_DATABASE = frozenset("sqlservr mysqld postgres oracle".split())
_REMOTE = frozenset("wmiprvse psexesvc winrshost wsmprovhost remcomsvc paexec csexec dcomlaunch mmc".split())
_LOLBIN = frozenset("rundll32 regsvr32 mshta wscript cscript installutil msbuild hh cmstp".split())
_OFFICE = frozenset("winword excel powerpnt outlook mspub visio onenote acrord32 foxitreader".split())
_MOST = 20


def weigh(case: Case) -> Factor | None:
    """Judge the ancestors of everything that wrote or acted, and the sessions that they ran in."""
    found: dict[str, tuple[int, str, str]] = {}
    for path, parent, event, mask, line in _ancestors(case):
        name = image_name(parent)
        if name in _WEB or name in _DATABASE:
            found.setdefault("server", (15, f"started by the server process {name}", event))
        elif name in _REMOTE:
            found.setdefault("remote execution", (10, f"started remotely through {name}", event))
        elif name == "services" and image_name(path) in ("cmd", "powershell", "pwsh"):
            found.setdefault("remote execution", (9, f"{image_name(path)} run as a service", event))
        elif name in _LOLBIN:
            found.setdefault("proxy", (7, f"started by {name}", event))
        elif name in _OFFICE:
            found.setdefault("office", (7, f"started by {name}", event))
        elif (
            parent
            and re.match(r"[a-z]:\\", parent)
            and not is_protected(parent)
            and "\\appdata\\local\\programs\\" not in parent
        ):
            found.setdefault("implant", (7, f"started by {parent}, which lies where users can write", event))
        if mask:
            found.setdefault("mask", (5, mask, event))
        if re.search(r"\s-e(?:nc\w*|c)?\s+[\"']?[A-Za-z0-9+/=]{16,}", line or "", re.IGNORECASE):
            found.setdefault("encoded", (4, "an encoded PowerShell command", event))
    for logon in case.logons[:1]:
        outside = logon.client is not None and _public(logon.client)
        found.setdefault(
            "session",
            (
                10 if outside else 8,
                f"in a remote desktop session of {logon.account} from {logon.client or 'an unknown address'}",
                logon.event,
            ),
        )
    if not found:
        return None
    parts = sorted(found.values(), key=lambda f: (-f[0], f[1]))
    # The strongest counts whole, the others half: they are seldom independent.
    points = parts[0][0] + sum(p[0] // 2 for p in parts[1:])
    return Factor(NAME, min(points, _MOST), "; ".join(p[1] for p in parts), tuple(p[2] for p in parts)[:8])


def _ancestors(case: Case) -> Iterator[tuple[str | None, str | None, str, str | None, str | None]]:
    """Give (image, parent image, event, masquerade, command line) of every actor and its ancestors."""
    keys = dict.fromkeys(
        [d.process_key for d in case.acts("collect", "stage", "pack")]
        + [p.process_key for p, w in case.written if not w.owns and not p.is_remote]
    )
    for key in keys:
        for process in case.context.lineage.ancestors(key):
            yield (
                process.path,
                process.parent_path,
                process.event,
                masquerades(process, process.path),
                process.command_line,
            )
    for deed in case.acts("collect", "stage", "pack"):
        if case.context.lineage.get(deed.process_key) is None and not deed.is_script:
            yield deed.process_path, deed.parent_path, deed.events[0], None, deed.text


# What a company uses inside: RFC 1918, RFC 4193, shared space of carriers. All else came from outside.
_INSIDE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def _public(address: str) -> bool:
    try:
        where = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (
        where.is_loopback or where.is_link_local or where.is_unspecified or any(where in net for net in _INSIDE)
    )
