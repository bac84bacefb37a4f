from stashlight.verbs.convert import convert as convert
from stashlight.verbs.enrich import enrich as enrich
from stashlight.verbs.explain import explain as explain
from stashlight.verbs.hunt import hunt as hunt
from stashlight.verbs.scan import scan as scan

__all__ = ["__version__", "convert", "enrich", "explain", "hunt", "scan"]

__version__: str
