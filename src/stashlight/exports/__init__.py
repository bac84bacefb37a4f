"""
Detection → what another product takes: one module a target in `targets/`, found by listing that folder.

A target writes the query in the product's language and wraps it in the forms that the product deploys. What it cannot
express it says: a `CannotError` for a whole detection, a note for a part of one. Nothing is dropped in silence.
"""
