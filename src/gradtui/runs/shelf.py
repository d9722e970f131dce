"""The runs that were read, each once, by the names given for them; who follows one renews it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from gradtui.errors import InputError
from gradtui.files import named_path
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from gradtui.runs.following import Follower
    from gradtui.runs.run import Run

EXAMPLE = "example"
"""What the run is called that comes with the program."""
_FILE = "example.jsonl"
EVERY = 0.25
"""Seconds between two looks at a file that somebody follows."""
_MOST_ENTRIES = 2_000

Stamp: TypeAlias = tuple[object, ...]
"""By what it is seen that a file, or something in a folder, is another one."""


class Shelf:
    """Runs by the name that was given for them.

    A run is replaced by another one of the same name, never changed: whoever holds one keeps it.

    Attributes:
        names: everything that was asked for, in that order.
    """

    def __init__(self) -> None:
        self.names = [EXAMPLE]
        self._runs: dict[str, Run | InputError] = {}
        self._stamps: dict[str, Stamp] = {}
        self._versions: dict[str, int] = {}
        self._followers: dict[str, Follower] = {}

    def know(self, name: str) -> None:
        """Somebody named a run."""
        if name not in self.names:
            self.names.append(name)

    def version(self, name: str) -> int:
        """A number that grows whenever a run was put in the place of another."""
        return self._versions.get(name, 0)

    def known(self, name: str) -> Run | None:
        """The run as it was read last; None where it was not, or could not be."""
        run = self._runs.get(name)
        return None if isinstance(run, InputError) else run

    def stamp(self, name: str) -> Stamp | None:
        """That of the file when it was read, or could not be; None while it was not tried."""
        return self._stamps.get(name)

    def put(self, name: str, run: Run | InputError, stamp: Stamp) -> None:
        """What the run is from now on, or why it cannot be read, with the stamp of its file."""
        self._runs[name], self._stamps[name] = run, stamp
        self._versions[name] = self.version(name) + 1

    def keep(self, name: str, stamp: Stamp) -> None:
        """The run as it is, though its file is another now, and none that can be read."""
        self._stamps[name] = stamp

    def follow(self, name: str) -> Follower:
        """Read it in a way that can go on: by whoever asks first, and then by whoever follows."""
        if name not in self._followers:
            from gradtui.runs.following import Follower

            self._followers[name] = Follower(name)
        return self._followers[name]

    def run(self, name: str, tick: Tick = unwatched) -> Run:
        """The run, read where it was not yet; where nobody follows it, again if its file changed.

        Raises:
            InputError: it cannot be read.
        """
        found = self._runs.get(name)
        if name in self._followers:
            if found is None:
                with self._followers[name].lock:
                    # It may have been read while the lock was waited for.
                    found = self._runs.get(name) or self._first(name, tick)
        elif found is None or self._stamps[name] != stamp_of(name):
            stamp = stamp_of(name)
            try:
                found = _read(name, tick)
            except InputError as error:
                found = error
            self._runs[name], self._stamps[name] = found, stamp
        if isinstance(found, InputError):
            raise found
        return found

    def _first(self, name: str, tick: Tick) -> Run | InputError:
        """Read by the one that will read on."""
        found = self._followers[name].poll(None, tick)
        assert found is not None  # nothing was seen before
        self._runs[name], self._stamps[name] = found
        return found[0]


SHELF = Shelf()
"""The one of this process."""


def _read(name: str, tick: Tick) -> Run:
    from gradtui.runs.reading import read_run

    if name != EXAMPLE:
        return read_run(name, tick)
    from importlib.resources import as_file, files

    with as_file(files("gradtui.runs") / _FILE) as file:
        return read_run(file, tick)


def stamp_of(name: str) -> Stamp:
    """That of what a name stands for: of a folder with everything in it."""
    try:
        path = Path(name) if name == "" else named_path(name, "path", "run.jsonl")
        if not path.is_dir():
            return _looks(path.stat())
        return tuple(_inside(path))
    except (OSError, ValueError):
        return ()


def _inside(folder: Path) -> list[Stamp]:
    """What each of the files in a folder and below it looks like, of the first so many."""
    found: list[Stamp] = []
    waiting = [folder]
    while waiting and len(found) < _MOST_ENTRIES:
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                else:
                    found.append((entry.path, *_looks(entry.stat(follow_symlinks=False))))
    return found


def _looks(status: os.stat_result) -> Stamp:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
