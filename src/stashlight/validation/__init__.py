"""
Procedures × rules → does each signal show, does each rule speak, does an incident come of it: one check for each.

A procedure says what must be seen of it (`expectation.py`). `simulated.py` plays procedures in every shape and scans
them, `traces.py` looks for those that were tried on real machines; both note what was there (`observation.py`), and
`checks.py` holds one against the other. A form (`forms/*.py`) tells the outcome.
"""
