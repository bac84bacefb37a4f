"""Defender advanced hunting rows, from the portal, the API or the streaming export."""

from stashlight.decoders.envelopes import ENVELOPE
from stashlight.events.wrapping import Fields, Told, Wrapping, first, inside, no_actor

__all__ = ["DEFENDER"]


_TABLES = ("Type", "category", "Category", "TableName", "$table")


def _read_defender(fields: Fields) -> Told:
    table = first(fields, _TABLES) or first(inside(fields.get(ENVELOPE)), _TABLES)
    if table is None and "TargetDeviceName" in fields and not fields.get("DeviceId"):
        # Defender for Identity knows a LogonSuccess too, of domain controllers' authentications.
        table = "IdentityLogonEvents"
    return Told(
        None,
        table,
        fields.get("ActionType"),
        fields.get("DeviceName"),
        fields.get("Timestamp [UTC]") or fields.get("Timestamp"),
        fields.get("TimeGenerated"),
        fields,
    )


DEFENDER = Wrapping("defender", _read_defender, no_actor, is_told_by_action=True)
