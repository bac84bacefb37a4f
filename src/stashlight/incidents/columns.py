"""What this stage asks of events: reading leaves the other columns out, unless a rule asks of them."""

from typing import Final

from stashlight.incidents.readiness import SOURCES

__all__ = ["ASKED"]

ASKED: Final[frozenset[str]] = frozenset(
    """
    event_key file record provider event_id kind ts_us weight is_lower_bound
    host host_key account account_key logon_id logon_type client_ip client_ip_lc client_host_lc is_remote
    process_key process_id process_path process_path_lc command_line current_directory
    original_file_name original_file_name_lc file_description file_description_lc company_lc
    parent_key parent_path_lc parent_command_line
    file_path file_dir file_name file_ext file_size
    share_name_lc share_path_lc access_mask
    source_ip_lc destination_ip_lc destination_port destination_host_lc initiated
    script_text script_id script_part script_parts
    """.split()
).union(*(source.fields for source in SOURCES))
"""An engine without a column refuses a statement that asks of it, so one that is missing here is an error, not a gap."""
