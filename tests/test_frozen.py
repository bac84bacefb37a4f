"""A frozen class is the frozen dataclass with slots that it stands for, only later."""

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from stashlight.frozen import frozen


class _Plain:
    """What both kinds of class stand on."""

    a: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "d", self.a * 2)


@frozen
class _Late(_Plain):
    a: int
    b: str = "x"
    c: tuple[int, ...] = ()
    d: int = field(init=False, compare=False, default=0)


@dataclass(frozen=True, slots=True)
class _Early(_Plain):
    a: int
    b: str = "x"
    c: tuple[int, ...] = ()
    d: int = field(init=False, compare=False, default=0)


@frozen
class _Child(_Late):
    e: int = 5


def _refused(call: Callable[[], object]) -> type[Exception]:
    with pytest.raises((TypeError, FrozenInstanceError)) as refused:
        call()
    return refused.type


_USES: dict[str, Callable[[Any], object]] = {
    "fields": lambda cls: [f.name for f in fields(cls)],
    "signature": lambda cls: str(inspect.signature(cls)),
    "slots": lambda cls: cls.__slots__,
    "values": lambda cls: asdict(cls(1, c=(2,))),
    "text": lambda cls: repr(cls(1)).replace(cls.__name__, ""),
    "equal": lambda cls: (cls(1) == cls(1), cls(1) == cls(2), cls(1) == 1),
    "hash": lambda cls: hash(cls(1)) == hash(cls(1)),
    "worked out": lambda cls: cls(4).d,
    "replaced": lambda cls: replace(cls(1), a=3).d,
    "matched": lambda cls: cls.__match_args__,
    "too few": _refused,
    "assigned": lambda cls: _refused(lambda: setattr(cls(1), "a", 2)),
    "deleted": lambda cls: _refused(lambda: delattr(cls(1), "a")),
}


@pytest.mark.parametrize("use", _USES)
def test_it_behaves_as_a_dataclass(use: str) -> None:
    """Each asked of a class of its own, so that it is the first that is asked."""
    asked = _USES[use]
    late = frozen(type("_Late", (_Plain,), {**_content(), "__annotations__": _Early.__annotations__}))
    assert asked(late) == asked(_Late) == asked(_Early)


def _content() -> dict[str, object]:
    return {"b": "x", "c": (), "d": field(init=False, compare=False, default=0)}


def test_it_travels_between_processes_and_is_copied() -> None:
    made = _Late(1, "y")
    assert pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made)


def test_a_class_may_stand_on_another() -> None:
    assert _Child(1, e=3) == replace(_Child(1), e=3) != _Child(1)
    assert _Child(1) != _Late(1)
    assert [f.name for f in fields(_Child)] == ["a", "b", "c", "d", "e"]


def test_methods_of_its_own_stay() -> None:
    @frozen
    class Named:
        name: str

        def __repr__(self) -> str:
            return self.name

    assert repr(Named("n")) == "n"
    assert Named("n") == Named("n")
