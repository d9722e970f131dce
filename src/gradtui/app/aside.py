"""Work beside the screen that is nobody's to wait for: on a thread that the app can end without."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from gradtui.progress import Stopped, Tick

Result = TypeVar("Result")

_LEFT_TO_CLEAR_UP = 0.3
"""Seconds for work that is given up to take back what it has half done."""


class Aside(Generic[Result]):
    """One piece of work, begun when it is made; `asyncio` would wait for a worker of its own.

    Args:
        work: is told by its tick when it is given up.
        done: takes its result, or what it raised, on that thread; not of work that is given up.
    """

    def __init__(
        self, work: Callable[[Tick], Result], done: Callable[[Result | Exception], object]
    ) -> None:
        """Begin; called on a running loop."""
        self._work, self._done = work, done
        self.result: Result | Exception | None = None
        """What came of it; None as long as it goes on."""
        self._given_up = False
        self._over = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="gradtui-aside", daemon=True)
        self._thread.start()

    async def settled(self, seconds: float) -> None:
        """Wait until it is over, but not longer than that."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)

    def give_up(self) -> None:
        """Nobody wants it any more: it ends at its next tick."""
        self._given_up = True

    def clear_up(self) -> None:
        """Give it up before the app ends, so that it leaves nothing half done."""
        self.give_up()
        self._thread.join(_LEFT_TO_CLEAR_UP)

    def _tick(self, _: float) -> None:
        if self._given_up:
            raise Stopped

    def _run(self) -> None:
        result: Result | Exception
        try:
            result = self._work(self._tick)
        except Stopped:
            return
        except Exception as error:
            result = error
        if not self._given_up:
            self.result = result
            self._done(result)
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._over.set)
