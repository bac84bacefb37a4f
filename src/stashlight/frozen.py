"""
Frozen dataclasses with slots whose methods are written when the first of them is called.

`dataclasses` writes six methods of every class as text and has Python compile it: most of a millisecond for each of
ninety classes, though a start makes things of half of them, and compares or shows hardly any.
"""

from dataclasses import dataclass, field
from typing import Final, TypeVar, dataclass_transform

__all__ = ["frozen"]

_T = TypeVar("_T")

_MAKING: Final = (
    "__dataclass_fields__", "__dataclass_params__", "__match_args__",
    "__init__", "__setattr__", "__delattr__", "__getstate__", "__setstate__",
)  # fmt: skip
_COMPARING: Final = ("__eq__", "__hash__", "__repr__")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_T]) -> type[_T]:
    """Make what `dataclass(frozen=True, slots=True)` makes; it differs in the time of import only."""
    names = vars(cls).get("__annotations__", {})
    rest = {name: value for name, value in _content(cls).items() if name not in names}
    late = [_Late(cls, name) for name in (*_MAKING, *_COMPARING) if name not in rest]
    made = type(cls)(
        cls.__name__, cls.__bases__, {**rest, **{each.name: each for each in late}, "__slots__": tuple(names)}
    )
    for each in late:
        each.owner = made
    return made


class _Late:
    """A method that is not written yet: whoever looks for it has it written, with those that go with it."""

    def __init__(self, cls: type, name: str) -> None:
        self.cls, self.name = cls, name
        self.owner: type = cls

    def __get__(self, instance: object, owner: type) -> object:
        makes = self.name in _MAKING
        # Writing changes a class: it is done to a copy.
        copy = type(self.cls)(self.cls.__name__, self.cls.__bases__, _content(self.cls))
        written = vars(dataclass(frozen=True, slots=True, init=makes, repr=not makes, eq=not makes)(copy))
        for name in _MAKING if makes else _COMPARING:
            if isinstance(vars(self.owner)[name], _Late):
                setattr(self.owner, name, written[name])
        return getattr(owner if instance is None else instance, self.name)


def _content(cls: type) -> dict[str, object]:
    return {name: value for name, value in vars(cls).items() if name not in {"__dict__", "__weakref__"}}
