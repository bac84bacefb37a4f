"""
Stashlight finds data staged for exfiltration (MITRE ATT&CK T1074) in endpoint telemetry.

The functions are the verbs of the command line. They are imported when first asked for, because the engine and the rule
compiler cost time that `stashlight --version` should not pay.
"""

from importlib import import_module

# The verbs come from `__getattr__`; their types stand in `__init__.pyi`.
__all__ = ["__version__", "convert", "enrich", "explain", "hunt", "scan"]  # pyright: ignore[reportUnsupportedDunderAll]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"stashlight.verbs.{name}"), name)
