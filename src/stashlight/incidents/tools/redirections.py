"""
Output of any command sent to a file: the recon and log piles of Dtrack, KOPILUWAK, TeamTNT, SocGholish.

https://attack.mitre.org/techniques/T1119/ and the eleven ATT&CK procedures that stage command output.
"""

import re
from typing import Final

from stashlight.incidents.acts import Act, Image
from stashlight.incidents.arguments import looks_like_path, upstream_roots
from stashlight.incidents.commands import Statement

__all__ = ["NAME", "RECON", "read"]

NAME: str = "redirections"

# Programs whose output is about the machine or the network (ATT&CK Discovery).
RECON: Final = frozenset(
    "ipconfig tasklist netstat netsh systeminfo whoami net net1 nltest dsquery quser query qwinsta arp route nbtstat hostname "
    "set wmic dir tree sc reg schtasks cmdkey klist gpresult adfind dsget driverquery getmac ver ping tracert findstr "
    "ifconfig ip ss ps uname id w who last cat find ls env mount df lsblk dmesg rpm dpkg crontab getent type vol".split()
)


def read(statement: Statement, image: Image) -> Act | None:
    """Give the act of writing a command's output to a file; device files and stream merges are none."""
    del image
    target = statement.redirect
    if not target or re.match(
        r"(?:nul|con|/dev/(?:null|stdout|stderr|tcp/.*|std\w+)|&\d|\$null)\Z", target, re.IGNORECASE
    ):
        return None
    name = statement.program
    feeders = {name, *(words[0].lower() for words in statement.upstream if words)}
    traits = {"recon"} if feeders & RECON else set[str]()
    if statement.appends:
        traits.add("appends")
    sources = [
        w
        for w in statement.words[1:]
        if (looks_like_path(w) and not w.startswith("/")) or (w.startswith("/") and w.count("/") > 1)
    ]
    if name in ("cat", "type", "more", "get-content", "gc"):
        traits.discard("recon")
    return Act(
        "collect",
        name,
        tuple(sources or statement.roots or upstream_roots(statement.upstream)),
        target,
        True,
        frozenset(traits),
    )
