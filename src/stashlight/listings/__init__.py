"""
Bytes → what somebody found out about files after the fact: sizes, hashes, whether they still exist.

`read` gives the facts of one listing, journal or hash list; which form it has is found by looking.
"""

from stashlight.listings.fact import Fact, Page, Wanted
from stashlight.listings.reading import listing_formats, read

__all__ = ["Fact", "Page", "Wanted", "listing_formats", "read"]
