"""
An interactive prompt on events: what is typed → what is shown.

`session.py` knows what a line means and touches no terminal; `terminal.py` reads lines from one.
"""
