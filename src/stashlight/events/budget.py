"""How much memory may be held at one moment, and who gets how much of it."""

from stashlight.frozen import frozen

__all__ = ["LEAST", "Budget"]

LEAST = 300_000_000
"""Bytes below which not even one reader and the rules have room."""

# Bytes, measured on dense logs, where every record becomes a row.
_READER = 150_000_000
_KEY = 115


@frozen
class Budget:
    """
    Bytes that all processes together may hold at one moment; what does not fit is spilled to disk.

    At the default: Python, the libraries and the rules 170 MB, two readers 300 MB, and the shares below.
    """

    whole: int = 1_000_000_000

    @property
    def engine(self) -> int:
        """Bytes for the query engine, before it spills."""
        return self.whole * 26 // 100

    @property
    def waiting(self) -> int:
        """Bytes of tables that may wait for their turn to be added."""
        return min(128 << 20, self.whole * 6 // 100)

    @property
    def rows(self) -> int:
        """Bytes of rows to gather before they are added or held; joining them takes as much again."""
        return self.whole * 5 // 100

    @property
    def held(self) -> int:
        """
        Bytes of rows that are not added, but read where they are.

        They take what the shares leave unused, until the engine's is full: then they go to disk with what it has.
        """
        return self.whole * 10 // 100

    @property
    def piece(self) -> int:
        """Bytes of rows, their texts in them, that the engine takes at one go: it holds them until all are there."""
        return self.engine * 48 // 100

    @property
    def readers(self) -> int:
        """Processes that read at the same time, at most."""
        return max(1, self.whole * 35 // 100 // _READER)

    @property
    def keys(self) -> int:
        """Event keys remembered to know duplicates at once; beyond them the engine finds the rest."""
        return self.whole * 8 // 100 // _KEY
