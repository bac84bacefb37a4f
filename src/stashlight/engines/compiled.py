"""
DuckDB's compiled part, without the relations and expressions that its package builds around it in Python.

They take longer to import than the engine itself, and no statement needs them. What reads Arrow tables does stand in the
package (from 2.0 on, `duckdb._sources`): it is imported by itself, and handed over as the package would.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType

__all__ = ["compiled"]


def compiled() -> ModuleType:
    """Give the module to connect with; the whole package where it is imported already, or built in another way."""
    if "duckdb" not in sys.modules:
        try:
            return _alone()
        except (ImportError, AttributeError):
            pass
    return import_module("duckdb")


def _alone() -> ModuleType:
    engine = import_module("_duckdb")
    spec = find_spec("duckdb")
    if spec is None:
        raise ImportError
    # A package is where its modules are found, whether or not it ever ran.
    sys.modules["duckdb"] = module_from_spec(spec)
    try:
        sources = import_module("duckdb._sources")
    finally:
        del sys.modules["duckdb"]
    engine._set_arrow_sources(sources)  # noqa: SLF001 - all that the package does that a statement needs
    return engine
