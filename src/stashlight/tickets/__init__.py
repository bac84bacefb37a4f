"""
Incident → a ticket, alert, card or mail somewhere else: one target a file in `targets/`, one sender for all.

`payload` of a target is pure: what would be sent can be looked at first. Sending is idempotent: it looks for the
incident's id, then creates, or updates and comments; after a silence it looks again before it creates.
"""
