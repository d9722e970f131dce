"""A folder of several of TensorBoard's event files: one run, as a resume begins another file."""

from __future__ import annotations

from pathlib import Path

from gradtui.files import open_regular
from gradtui.runs.formats.events import EVENTS, Events
from gradtui.runs.formats.format import HEAD, Format, Head
from gradtui.runs.order import natural
from gradtui.runs.sheet import Sheet

_PIECE = 2**20
_MOST_FILES = 10_000


def _files(folder: Path) -> list[Path]:
    """The event files in the order of their names, which have the time; a link is none."""
    found = []
    names = sorted((one.name for one in folder.iterdir()), key=natural)
    for name in names[:_MOST_FILES]:
        file = folder / name
        if not file.is_symlink() and file.is_file():
            with open_regular(file) as stream:
                if EVENTS.knows(Head(stream.read(HEAD), file)):
                    found.append(file)
    return found


def _read(folder: Path, sheet: Sheet) -> None:
    """One file after the other."""
    for file in _files(folder):
        events = Events(sheet)
        with open_regular(file) as stream:
            while data := stream.read(_PIECE):
                events.feed(data)
        events.end()


def _knows(head: Head) -> bool:
    return head.path is not None and len(_files(head.path)) > 1


EVENTS_FOLDER = Format("TensorBoard events", _knows, read=_read, folder=True)
