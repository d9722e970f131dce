"""The background thread that computes and draws: the newest request wins."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from gradtui.errors import InputError
from gradtui.plots.picture import Picture, Row
from gradtui.views import VIEWS
from gradtui.views.setup import Setup
from gradtui.views.view import Finding, Size

_DRAWN_EVERY = 0.3
"""Seconds between two pictures of what is being refined: each costs bytes, the last one counts."""

_TOLD_EVERY = 1.0
"""Seconds between two tellings of the progress alone."""

_AT_REST = 0.5
"""Seconds without a request after which memory is given back."""

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of glibc's malloc.h
_LARGE = 2**18
"""Bytes from which on an array has its own pages."""

_SWITCH_INTERVAL = 0.0005
"""Seconds after which a computing thread lets the screen have a turn."""


@dataclass(frozen=True)
class Request:
    """A picture to be made: equal requests, equal pictures."""

    view: str
    setup: Setup
    plot: Size
    width: int
    marker: str


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture that was made, with what belongs to it."""

    request: Request
    result: Any
    picture: Picture
    readout: tuple[Row, ...]
    finding: Finding | None
    progress: float
    error: str = ""


class Engine:
    """Runs views away from the screen's thread.

    `submit` never waits. A running computation stops at its next step once there is a newer
    request. The last result is kept, so that a cursor's move or a resize only draws again.
    """

    def __init__(
        self, deliver: Callable[[Drawn], None], crash: Callable[[Exception], None]
    ) -> None:
        """Make an engine; both functions are called on its thread.

        Args:
            deliver: takes a picture that is ready.
            crash: takes a defect of ours, after which the engine stands still.
        """
        self._deliver = deliver
        self._crash = crash
        self._wanted: Request | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._key: tuple[object, ...] | None = None
        self._result: Any = None
        self._steps: Iterator[Any] = iter(())
        self._thread = threading.Thread(target=self._work, name="gradtui-engine", daemon=True)

    @property
    def started(self) -> bool:
        """Whether it works, or has."""
        return self._thread.ident is not None

    def start(self) -> None:
        """Begin to work."""
        _be_thrifty()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self._thread.start()

    def submit(self, request: Request) -> None:
        """Ask for a picture instead of whatever was asked for before."""
        with self._changed:
            self._wanted = request
            self._changed.notify()

    def close(self) -> None:
        """Stop at the next step; does not wait."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _called(self) -> bool:
        return self._closed or self._wanted is not None

    def _take(self) -> Request | None:
        """Wait for a request; None once closed."""
        with self._changed:
            at_rest = not self._changed.wait_for(self._called, _AT_REST)
        if at_rest:
            _give_back()
        with self._changed:
            self._changed.wait_for(self._called)
            request, self._wanted = self._wanted, None
            return None if self._closed else request

    def _work(self) -> None:
        try:
            self._serve()
        except Exception as error:
            self._crash(error)

    def _serve(self) -> None:
        while (request := self._take()) is not None:
            drawn, told_at = None, 0.0
            try:
                for result in self._results(request):
                    waited = time.monotonic() - told_at
                    if result is None:
                        pass  # nothing yet
                    elif drawn is None or not _looks_the_same(drawn.result, result):
                        if drawn is None or result.progress == 1.0 or waited > _DRAWN_EVERY:
                            drawn, told_at = _draw(request, result), time.monotonic()
                            self._deliver(drawn)
                    elif result.progress > drawn.progress and (
                        result.progress == 1.0 or waited > _TOLD_EVERY
                    ):
                        drawn = replace(drawn, progress=result.progress)
                        told_at = time.monotonic()
                        self._deliver(drawn)
                    if self._wanted is not None or self._closed:
                        break
            except InputError as error:
                self._key = None
                self._deliver(_failed(request, error))

    def _results(self, request: Request) -> Iterator[Any]:
        """What is known already, then what the view still refines."""
        view = VIEWS[request.view]
        if (key := view.key(request.setup)) != self._key:
            self._key, self._result, self._steps = key, None, view.run(request.setup)
        elif self._result is not None:
            yield self._result
        for result in self._steps:
            # None is nothing new, only a place to stop, or to show what has had to wait.
            self._result = result or self._result
            yield self._result


def _be_thrifty() -> None:
    """Have glibc return large arrays to the host as they are freed, from one heap for all threads.

    Its own way is to keep them, a heap a thread, in ever smaller pieces.
    """
    import ctypes  # after the first paint

    with suppress(OSError, AttributeError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_ARENA_MAX, 1)


def _give_back() -> None:
    """Return to the host what computing has left free among the small pieces."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _looks_the_same(one: Any, other: Any) -> bool:
    """Whether two results differ in nothing but their progress, and so need one picture."""
    return one is other or all(
        getattr(one, field.name) is getattr(other, field.name)
        or (isinstance(getattr(one, field.name), tuple)
            and getattr(one, field.name) == getattr(other, field.name))
        for field in fields(one)
        if field.name != "progress"
    )  # fmt: skip


def _draw(request: Request, result: Any) -> Drawn:
    view, setup = VIEWS[request.view], request.setup
    return Drawn(
        request,
        result,
        view.draw(result, setup, request.plot, request.marker),
        view.readout(result, setup, request.width),
        view.finding(result, view.focused(setup)),
        result.progress,
    )


def _failed(request: Request, error: InputError) -> Drawn:
    blank = Picture.of([], request.plot.width, request.plot.height)
    return Drawn(request, None, blank, (), None, 1.0, str(error))
