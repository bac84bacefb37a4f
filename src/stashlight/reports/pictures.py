"""
What the pictures of a report show, as data: a renderer draws them or tells them in words.

Each has a title and a sentence that says what there is to see, for those who cannot see it.
"""

from dataclasses import dataclass

__all__ = ["FanIn", "Lane", "Lanes", "Link", "Minutes", "Node", "Picture", "Stretch", "Tree"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time with what happened in it; ISO 8601, UTC."""

    start: str
    end: str
    what: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of the timeline: one rung on one host. `tone` is the rung's name."""

    host: str
    rung: str
    spans: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Lanes:
    """When each rung of the ladder was stood on, on which host."""

    title: str
    said: str
    first: str
    last: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Minutes:
    """How many files appeared when: (start of the interval, files), intervals of `seconds`, gaps filled with 0."""

    title: str
    said: str
    seconds: int
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A process with what it started. `rung` is None if it did nothing itself; `is_recorded` says if an event shows it."""

    name: str
    detail: str
    rung: str | None
    is_recorded: bool
    children: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """Which process started which."""

    title: str
    said: str
    roots: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A source that data came from: `weight` is how many files, None if nobody counted."""

    source: str
    basis: str
    weight: int | None


@dataclass(frozen=True, slots=True)
class FanIn:
    """Where data came from and the one place it went to."""

    title: str
    said: str
    place: str
    links: tuple[Link, ...]


Picture = Lanes | Minutes | Tree | FanIn
