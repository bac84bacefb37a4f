"""Programs, by the paths of their images → which of them have a habit that a benign profile tells of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import pyarrow as pa

from stashlight.events.arrow import regex
from stashlight.findings.rule import Habit, ProgramTest

__all__ = ["Programs"]

_TESTS: Final[Mapping[str, Callable[[str, tuple[str, ...]], bool]]] = {
    "is": lambda path, texts: path in texts,
    "starts": str.startswith,
    "ends": str.endswith,
    "has": lambda path, texts: any(text in path for text in texts),
}


class Programs:
    """Paths by column, one of each for every program; "" if it is not known."""

    def __init__(self, paths: Mapping[str, Sequence[str]]) -> None:
        self._paths = paths
        self.columns = {name: pa.array(texts, pa.string()) for name, texts in paths.items()}

    def having(self, habit: Habit) -> set[int]:
        """Give the numbers of those of which every part of the habit holds."""
        found = set(range(len(next(iter(self._paths.values())))))
        for part in habit.programs:
            found = {number for test in part for number in self._passing(test, found)}
        return found

    def _passing(self, test: ProgramTest, among: Iterable[int]) -> list[int]:
        column, how, texts = test
        paths = self._paths[column]
        if how == "pattern":
            told = [regex(self.columns[column], text).to_pylist() for text in texts] if among else []
            return [number for number in among if paths[number] and any(each[number] for each in told)]
        passes = _TESTS[how]
        return [number for number in among if paths[number] and passes(paths[number], texts)]
