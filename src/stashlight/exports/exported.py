"""What became of one detection: light, so that the command line can name it without the rule parser."""

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Exported"]


@dataclass(frozen=True, slots=True)
class Exported:
    """
    What became of one detection: its files by name, or the reason why there are none.

    `notes` say what is different there; `status` is `partly` where a part was left out.
    """

    id: str
    name: str
    title: str
    kind: str
    level: str
    status: Literal["exported", "partly", "cannot"]
    reason: str = ""
    notes: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict[str, str])
