"""Every vocabulary there is; adding one is a file and a line here."""

from stashlight.events import auditd, defender, esent, powershell, security, sysmon
from stashlight.events.vocabulary import Vocabulary

__all__ = ["VOCABULARIES"]

VOCABULARIES: tuple[Vocabulary, ...] = (
    sysmon.VOCABULARY,
    sysmon.LINUX,
    security.VOCABULARY,
    powershell.VOCABULARY,
    esent.VOCABULARY,
    defender.VOCABULARY,
    auditd.VOCABULARY,
)
