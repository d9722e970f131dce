"""Work that can be watched and stopped: generators of the share done that return a result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

Result = TypeVar("Result")
Told = TypeVar("Told")


def finish(steps: Generator[float, None, Result]) -> Result:
    """Do all the steps, and hand over the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def told(
    steps: Generator[float, None, Result], tell: Callable[[float], Told]
) -> Generator[Told, None, Result]:
    """The same steps and result, with `tell` of the share done instead of the share."""
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        yield tell(share)
