"""How a long computation tells how far it is, and how it is told to stop: by an argument.

A long computation is a plain function with an argument `tick`. It calls `tick(share)` every few
hundredths of a second with the share that is done, from 0 to 1; what was passed in shows that, or
raises `Stopped` where nobody wants the result any more. That passes through the computation as any
exception does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

Tick: TypeAlias = Callable[[float], None]
"""Takes the share that is done; may raise `Stopped`."""


class Stopped(Exception):  # noqa: N818 - to be stopped is no error
    """Nobody wants the result of this computation any more."""


def unwatched(share: float) -> None:
    """The tick of a computation that nobody watches."""


def halves(tick: Tick) -> Iterator[Tick]:
    """Ticks of attempts of which nobody knows how many there will be: each has half of the rest."""
    left = 1.0
    while True:
        left /= 2.0
        yield part(tick, 1.0 - 2.0 * left, left)


def part(tick: Tick, start: float, share: float) -> Tick:
    """The tick of a part: of its own share done it makes `start` + `share` of the whole."""

    def tell(done: float) -> None:
        tick(start + share * done)

    return tell
