"""
Incident → case that lasts: what people decide about an incident, kept append-only and sealed with a hash chain.

A case is never stored: it is folded from its entries (`case.py`), which are kept in one SQLite file or in PostgreSQL.
"""
