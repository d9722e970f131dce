"""Looking at the files of runs as long as they are shown, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from gradtui.errors import InputError
from gradtui.runs.shelf import EVERY, EXAMPLE, SHELF
from gradtui.setup.naming import in_app

if TYPE_CHECKING:
    from gradtui.runs.following import Follower


class Following:
    """What is followed, and the thread that does it, which begins with the first.

    Args:
        grown: called on that thread when one of the runs is another, or cannot be read any more:
            with what is to be said of that, else "".
    """

    def __init__(self, grown: Callable[[str], object]) -> None:
        self._grown = grown
        self._names: tuple[str, ...] = ()
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def follow(self, names: tuple[str, ...]) -> None:
        """Look at these from now on, and at no others."""
        names = tuple(name for name in names if name not in (EXAMPLE, "-"))
        if names == self._names:
            return
        for name in names:
            SHELF.follow(name)
        with self._changed:
            self._names = names
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="gradtui-follow", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End; does not wait."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(EVERY if self._names else None)
                if self._closed:
                    return
                names = self._names
            renewed = [_renewed(SHELF.follow(name)) for name in names]
            for said in renewed:
                if said is not None:
                    self._grown(said)


def _renewed(follower: Follower) -> str | None:
    """Whether the shelf has something new of a run, and what is to be said of it; None if not.

    What was read once stays, if its file goes.
    """
    name = follower.path
    seen = SHELF.stamp(name)
    if seen is None or not follower.lock.acquire(blocking=False):
        return None  # whoever shows it reads it first
    try:
        found = follower.poll(seen)
    finally:
        follower.lock.release()
    if found is None:
        return None
    run, stamp = found
    if isinstance(run, InputError) and SHELF.known(name) is not None:
        SHELF.keep(name, stamp)
        return f"{in_app(run)}; what was read of it stays."
    SHELF.put(name, run, stamp)
    return ""
