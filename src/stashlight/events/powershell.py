"""
PowerShell: script blocks (4104), module logging (4103) and the older pipeline log (800).

4103 keeps user and host program in the text of ContextInfo; 800 has three unnamed values: pipeline, context, details.
https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_logging_windows
"""

from collections.abc import Mapping

from stashlight.events.schema import Kind
from stashlight.events.vocabulary import Every, First, Meaning, Source, Vocabulary

__all__ = ["VOCABULARY"]

_LOGGED_BY: Mapping[str, Source] = {
    "account": Every(("@user_domain", "@user_name"), by="account"),
    "account_sid": First(("@user_sid",), by="sid"),
    "process_id": "@pid",
}

VOCABULARY = Vocabulary(
    "powershell",
    ("microsoft-windows-powershell", "powershell", "powershellcore"),
    ("microsoft-windows-powershell/operational", "windows powershell", "powershellcore/operational"),
    {
        4104: Meaning(
            Kind.SCRIPT_BLOCK,
            {
                **_LOGGED_BY,
                "script_text": "ScriptBlockText",
                "script_id": First(("ScriptBlockId",), by="guid"),
                "script_part": "MessageNumber",
                "script_parts": "MessageTotal",
                "script_path": "Path",
            },
        ),
        4103: Meaning(
            Kind.SCRIPT_BLOCK,
            {
                **_LOGGED_BY,
                "account": Every(("ContextInfo", "@user_domain", "@user_name"), by="context_user"),
                "command_line": First(("ContextInfo",), by="context_application"),
                "script_text": First(("Payload",)),
                "script_path": First(("ContextInfo",), by="context_script"),
            },
        ),
        800: Meaning(
            Kind.SCRIPT_BLOCK,
            {
                "account": First(("Data", "@message"), by="pipeline_user"),
                "command_line": First(("Data", "@message"), by="pipeline_application"),
                "script_text": Every(("Data", "@message"), by="pipeline_text"),
                "script_path": First(("Data", "@message"), by="pipeline_script"),
            },
        ),
    },
)
