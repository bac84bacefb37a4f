"""
A new rule to fill in: whole and runnable, so that lint has only the words to complain about that are still to be said.

`FILL_IN` marks them; the lint of the same name finds it wherever it stands.
"""

from pathlib import PurePath
from uuid import UUID

from stashlight.errors import SettingError
from stashlight.findings.logsource import CATEGORIES
from stashlight.findings.rule import FILL_IN, RUNGS

__all__ = ["scaffold"]

_PRODUCTS = ("windows", "linux", "macos")
# What an event of the category is mostly asked for, and who did it.
_ASKED = {
    "process_creation": "CommandLine",
    "file_event": "TargetFilename",
    "file_rename": "TargetFilename",
    "file_delete": "TargetFilename",
    "network_connection": "DestinationHostname",
    "ps_script": "ScriptBlockText",
    "ps_module": "Payload",
}
_IMAGES = {"windows": r"C:\Tools\tool.exe", "linux": "/usr/bin/tool", "macos": "/usr/bin/tool"}


def scaffold(name: str, *, identity: UUID, date: str, author: str, rung: str, technique: str) -> str:
    """
    Give the text of a rule called PRODUCT/CATEGORY_what.

    Raises:
        SettingError: a name of another form, or a product or category that no log of ours tells of.
    """
    path = PurePath(name.removesuffix(".yml"))
    product = path.parent.name
    category = next((known for known in _ASKED if path.name.startswith(f"{known}_")), "")
    if product not in _PRODUCTS or not category or category not in CATEGORIES:
        message = f"name it PRODUCT/CATEGORY_what: product {', '.join(_PRODUCTS)}; category {', '.join(_ASKED)}"
        raise SettingError(message)
    if rung not in RUNGS:
        message = f"rung must be one of {', '.join(RUNGS)}"
        raise SettingError(message)
    title = path.name.removeprefix(f"{category}_").replace("_", " ").capitalize()
    field = _ASKED[category]
    image = "" if category.startswith("ps_") else f"Image: '{_IMAGES[product]}', "
    return f"""title: {title}
id: {identity}
status: experimental
description: |
  Sees {FILL_IN}.
  Misses {FILL_IN}.
references:
  - https://attack.mitre.org/techniques/{technique.upper().replace(".", "/")}/
author: {author}
date: {date}
tags:
  - attack.collection
  - attack.{technique.lower()}
logsource:
  category: {category}
  product: {product}
detection:
  selection:
    {field}|contains: '{FILL_IN}'
  condition: selection
falsepositives:
  - {FILL_IN}
level: low
stashlight:
  rung: {rung}
  weight: 1
  misses: {FILL_IN}
tests:
  match:
    - {{{image}{field}: 'what it must find: {FILL_IN} one'}}
    - {{{image}{field}: 'and in another form: {FILL_IN} two'}}
  ignore:
    - {{{image}{field}: 'what looks like it and is harmless'}}
    - {{{image}{field}: 'another that looks like it'}}
"""
