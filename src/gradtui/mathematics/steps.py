"""Work that can be watched and stopped: generators of the share done that return a result."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


def finish(steps: Generator[float, None, Result]) -> Result:
    """Do all the steps, and hand over the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
