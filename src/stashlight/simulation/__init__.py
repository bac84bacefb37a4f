"""
Invented telemetry of known meaning: procedure → acts → logs in some shape.

A procedure is data (`procedures/*.yml`): what somebody did, step by step. `procedure.py` plays it into acts
(`acts.py`), free of any vocabulary; `windows.py` writes acts as event log records; a shape (`shapes/*.py`) puts
those into the bytes of one collector. Nothing is random: every choice follows from the procedure's name, so that the
same call gives the same bytes, on every machine.
"""
