"""Stashlight finds data staged for exfiltration (MITRE ATT&CK T1074) in endpoint telemetry."""

__version__ = "0.1.0"
