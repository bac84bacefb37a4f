"""
A question and events → rows: KQL, SQL and Sigma asked of whatever was read, read-only and within bounds.

`ask.py` is the verb. Tables as Microsoft names them are views over the events, one a file in `tables/`; the questions
that are shipped stand in `hunts/`.
"""
