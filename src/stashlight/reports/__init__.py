"""
Incident → report: what a person reads of one incident, before it has a form.

`report.report` gives sections of blocks (blocks.py); `html.py` and `markdown.py` give them a form, which the outputs of
the same names deliver. Everything here is pure and knows the result document only.
"""
