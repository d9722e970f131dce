"""The background thread that computes and draws: the newest request wins."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gradtui.errors import NO_MEMORY, InputError, UnreadableError, shown
from gradtui.mathematics.memory import give_back, return_large_arrays
from gradtui.models.finding import Finding
from gradtui.plots.ascii import ascii_only
from gradtui.plots.picture import Picture, Row, wrapped
from gradtui.plots.zoom import WHOLE, Zoom, zoomed
from gradtui.progress import Stopped
from gradtui.setup import Setup
from gradtui.setup.naming import in_app
from gradtui.views import VIEWS
from gradtui.views.view import Size

_DRAWN_EVERY = 0.3
"""Seconds between two pictures of what is being refined: each costs bytes, the last one counts.
Also the seconds without a result after which is said what is waited for."""

_TOLD_EVERY = 1.0
"""Seconds between two tellings of the progress alone."""

_NOT_YET_DONE = 0.99
"""The most that is told of the progress before the end."""

_AT_REST = 0.5
"""Seconds without a request after which memory is given back."""

STOPPED = "Stopped before there was anything to show; esc computes it again."

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
    zoom: Zoom = WHOLE
    versions: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What its result depends on."""
        return (*VIEWS[self.view].key(self.setup), self.versions)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture that was made, with what belongs to it.

    Attributes:
        result: what was drawn; None where there is none yet, or never will be.
        progress: the share that is done; 1 with the last picture only.
        error: what is wrong, where nothing could be computed.
        defect: whether that is our fault.
        silent: whether there is only this share to tell, and what is shown may stay.
        stopped: whether it was stopped there.
    """

    request: Request
    result: Any
    picture: Picture
    readout: tuple[Row, ...]
    finding: Finding | None
    progress: float
    error: str = ""
    defect: bool = False
    silent: bool = False
    stopped: bool = False


class _Computation:
    """One run of a view, and what was shown of it to the newest request that it answers.

    Args:
        request: what it was begun for.
        deliver: takes a picture that is ready.
    """

    def __init__(self, request: Request, deliver: Callable[[Drawn], None]) -> None:
        self.request = request
        self.key = request.key
        self.share = 0.0
        self._deliver = deliver
        self._result: Any = None
        self._done = False
        self.stopped = False
        self._drawn: Drawn | None = None
        self._begun = self._told_at = time.monotonic()

    @property
    def _progress(self) -> float:
        return 1.0 if self._done else min(self.share, _NOT_YET_DONE)

    def answer(self, request: Request) -> None:
        """Another request for the same result: what is known, at once."""
        self.request, self._drawn = request, None
        if self._result is None and self.stopped:
            self._wait()
        elif self._result is None:
            self.show()
        else:
            self._draw()

    def better(self, result: Any) -> None:
        """A result that is better than the last."""
        if self._result is not None and self._seen is None:
            self._draw()  # the first is drawn, however soon the next one comes
        self._result = result

    def show(self) -> None:
        """What is due by now: a result, the progress, or what is waited for."""
        now = time.monotonic()
        waited = now - self._told_at
        first = self._result is not None and self._seen is None
        if first or (self._result is not self._seen and waited > _DRAWN_EVERY):
            self._draw()
        elif self._drawn is None and now - self._begun > _DRAWN_EVERY:
            self._wait()
        elif waited > _TOLD_EVERY and self._drawn and self._progress > self._drawn.progress:
            self._tell(replace(self._drawn, progress=self._progress))

    def finish(self) -> None:
        """The last result is the best one: draw it, unless it is on the screen already."""
        if self._result is None:
            raise RuntimeError(f"the view {self.request.view} gave no result")
        self._done = True
        if self._drawn is not None and self._seen is self._result:
            self._tell(replace(self._drawn, progress=1.0))
        else:
            self._draw()

    def stop(self) -> None:
        """It goes no further: what is known stays."""
        self.stopped = True
        self.answer(self.request)

    @property
    def _seen(self) -> Any:
        """The result that is on the screen."""
        return None if self._drawn is None else self._drawn.result

    def _tell(self, drawn: Drawn) -> None:
        self._drawn, self._told_at = drawn, time.monotonic()
        self._deliver(drawn)

    def _draw(self) -> None:
        request, result = self.request, self._result
        view, setup = VIEWS[request.view], request.setup
        with zoomed(request.zoom):
            picture = view.draw(result, setup, request.plot, request.marker)
        self._tell(
            Drawn(
                request,
                result,
                picture,
                view.readout(result, setup, request.width),
                view.finding(result, view.focused(setup)),
                self._progress,
                stopped=self.stopped,
            )
        )

    def _wait(self) -> None:
        """Say what is waited for, in words where the view has some; else only how far it is."""
        request = self.request
        text = STOPPED if self.stopped else VIEWS[request.view].waiting(request.setup)
        picture = Picture.of(wrapped(f" {text}", request.plot.width, "muted", " "), *request.plot)
        silent, stopped = not text, self.stopped
        self._tell(
            Drawn(request, None, picture, (), None, self._progress, silent=silent, stopped=stopped)
        )


class Engine:
    """Runs views away from the screen's thread.

    `submit` never waits. A running computation looks at every tick whether there is a newer
    request: one for the same result is served at once with what is known, one for another stops
    it. The last result is kept, so that a cursor's move or a resize only draws again; so is what
    was known when it was stopped.
    """

    def __init__(
        self,
        deliver: Callable[[Drawn], None],
        report: Callable[[Request, Exception], str],
        *,
        unicode: bool = True,
    ) -> None:
        """Make an engine; both functions are called on its thread.

        Args:
            deliver: takes a picture that is ready.
            report: takes a defect of ours, and gives what is to be said of it. If it raises, the
                engine stands still.
            unicode: whether more than ASCII is shown.
        """
        self._unicode = unicode
        self._deliver = deliver
        self._report = report
        self._wanted: Request | None = None
        self._stopped: Request | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._finished: _Computation | None = None
        self._thread = threading.Thread(target=self._run, name="gradtui-engine", daemon=True)

    @property
    def started(self) -> bool:
        """Whether it works, or has."""
        return self._thread.ident is not None

    def start(self) -> None:
        """Begin to work."""
        return_large_arrays()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        self._thread.start()

    def submit(self, request: Request) -> None:
        """Ask for a picture instead of whatever was asked for before."""
        with self._changed:
            self._wanted = request
            if self._stopped is not None and request.key != self._stopped.key:
                self._stopped = None
            self._changed.notify()

    def stop(self, request: Request) -> None:
        """Go no further with it at the next tick, until something else is asked for."""
        self._stopped = request

    def go_on(self, request: Request) -> None:
        """Compute what was stopped after all, from its beginning."""
        self._stopped = None
        self.submit(request)

    def close(self) -> None:
        """Stop at the next tick; does not wait."""
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
            give_back()
        with self._changed:
            self._changed.wait_for(self._called)
            request, self._wanted = self._wanted, None
            return None if self._closed else request

    def _run(self) -> None:
        with ascii_only(not self._unicode):
            while (request := self._take()) is not None:
                self._serve(request)

    def _serve(self, request: Request) -> None:
        """Answer it from what is finished, or compute."""
        work = self._finished
        try:
            kept = work is not None and (not work.stopped or self._stopped is not None)
            if work is not None and kept and work.key == request.key:
                work.answer(request)
                return
            self._finished = work = None  # its memory is for what comes now
            work = _Computation(request, self._deliver)
            view = VIEWS[request.view]
            for result in view.results(request.setup, partial(self._tick, work)):
                work.better(result)
                self._heed(work)
            work.finish()
            self._finished = work
        except Stopped:
            if work is not None and self._is_stopped(work) and not self._closed:
                self._finished = work
                work.stop()
        except Exception as error:
            asked = request if work is None else work.request
            self._finished = work = None
            if isinstance(error, InputError):
                self._deliver(_failed(asked, _awaited(error) if asked.versions else in_app(error)))
            elif isinstance(error, MemoryError):
                self._deliver(_failed(asked, f"{NO_MEMORY}; u undoes"))
            else:
                self._deliver(_failed(asked, self._report(asked, error), defect=True))

    def _tick(self, work: _Computation, share: float) -> None:
        """Called by what computes, every few hundredths of a second."""
        work.share = share
        self._heed(work)
        work.show()

    def _heed(self, work: _Computation) -> None:
        """Stop what is not wanted any more; serve a request for its result."""
        request = self._wanted
        if (
            self._closed
            or self._is_stopped(work)
            or (request is not None and request.key != work.key)
        ):
            raise Stopped
        if request is not None:
            with self._changed:
                if self._wanted is request:
                    self._wanted = None
            work.answer(request)

    def _is_stopped(self, work: _Computation) -> bool:
        stopped = self._stopped
        return stopped is not None and stopped.key == work.key


def _awaited(error: InputError) -> str:
    """What is said of a run that cannot be read now: whoever follows it reads it when it can be."""
    if isinstance(error, UnreadableError):
        return f"Waiting for {shown(error.given)}: it is not {error.allowed}."
    return f"{in_app(error)}; it is shown as soon as it can be"


def _failed(request: Request, text: str, *, defect: bool = False) -> Drawn:
    rows = wrapped(f" {text}", request.plot.width, "bad", " ")
    picture = Picture.of([(), *rows] if defect else [], *request.plot)
    return Drawn(request, None, picture, (), None, 1.0, text, defect)
