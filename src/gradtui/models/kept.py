"""The last results of a computation that several ask for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Results by what they depend on; one that is stopped on its way leaves nothing.

    Args:
        most: so many are kept, the last that were asked for.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._results: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """The result for this key, computed if it is not there."""
        if key not in self._results:
            self.put(key, compute())
        self._results.move_to_end(key)
        return self._results[key]

    def find(self, key: Hashable) -> Value | None:
        """The result for this key, if it is there."""
        return self._results.get(key)

    def put(self, key: Hashable, result: Value) -> None:
        """Keep a result."""
        self._results[key] = result
        if len(self._results) > self._most:
            self._results.popitem(last=False)

    def clear(self) -> None:
        """Keep nothing."""
        self._results.clear()
