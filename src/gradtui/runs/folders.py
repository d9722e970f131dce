"""The runs in a folder, found by a walk that has bounds and follows no link."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gradtui.errors import InputError, printable
from gradtui.files import open_regular
from gradtui.runs import formats
from gradtui.runs.formats.events import EVENTS
from gradtui.runs.formats.events_folder import EVENTS_FOLDER
from gradtui.runs.formats.format import HEAD, Format, Head
from gradtui.runs.formats.mlflow import MLFLOW
from gradtui.runs.formats.ranks import RANKS
from gradtui.runs.formats.recording import RECORDING
from gradtui.runs.formats.whole_json import TRAINER_STATE
from gradtui.runs.keys import MEASURED
from gradtui.runs.order import natural
from gradtui.runs.sheet import Sheet

_DEEPEST = 8
_MOST_ENTRIES = 20_000
_MOST_RUNS = 1_000
_PASSED = frozenset({"node_modules", "__pycache__", "site-packages", "code", "artifacts"})
_PARTS = ((EVENTS_FOLDER, EVENTS), (RANKS, RECORDING))
"""Formats of a folder, and of the files that are its parts."""
_CHECKPOINT = re.compile(r"(.*)checkpoint-(\d+)")


@dataclass(frozen=True)
class Found:
    """A run in a folder.

    Attributes:
        path: of its file or folder.
        format: by which it is read.
    """

    path: Path
    format: Format


def find_runs(folder: str | os.PathLike[str]) -> list[Found]:
    """The runs in a folder and below it, in the order of their paths.

    Of the checkpoints of one training only the last counts, which has the history of all.

    Args:
        folder: where to look. Links are not followed, hidden folders are passed over.

    Raises:
        InputError: it is no folder that can be read.
    """
    root = Path(folder)
    try:
        with os.scandir(root):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a folder"
        raise InputError(
            "path",
            os.fspath(folder),
            f"a folder that can be read ({printable(reason)})",
            "name one that is there",
        ) from None
    found: list[Found] = []
    for one in _walk(root):
        found.append(one)
        if len(found) == _MOST_RUNS:
            break
    return _newest_checkpoints(found)


def _walk(root: Path) -> Iterator[Found]:
    """Folders and files that are runs, in order, and not what belongs to a folder's run."""
    waiting = [(root, 0)]
    entries = 0
    while waiting:
        folder, depth = waiting.pop()
        run = _known(folder)
        if run is not None:
            yield Found(folder, run)
        below = []
        for entry in _entries(folder):
            entries += 1
            if entries > _MOST_ENTRIES:
                return
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                passed = entry.name in _PASSED or entry.name[0] == "."
                if depth < _DEEPEST and not passed and run is not MLFLOW:
                    below.append((path, depth + 1))
            elif entry.is_file(follow_symlinks=False) and run is not MLFLOW:
                form = _known(path)
                if form is not None and (run, form) not in _PARTS:
                    yield Found(path, form)
        waiting += reversed(below)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, in natural order."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda one: natural(one.name))
    except OSError:
        return []


def _known(path: Path) -> Format | None:
    """The format of a path, if it is a run."""
    try:
        if path.is_dir():
            head = Head(b"", path)
            return next(
                (form for form in formats.FORMATS if form.folder and form.knows(head)), None
            )
        with open_regular(path) as stream:
            head = Head(stream.read(HEAD), path)
    except OSError:
        return None
    known = (form for form in formats.FORMATS if not form.folder and form.knows(head))
    form = next(known, None)
    return form if form is not None and (form.certain or _measured(form, head)) else None


def _measured(form: Format, head: Head) -> bool:
    """Whether a run is told at the beginning of a file."""
    sheet = Sheet()
    if form.stream is None:
        return False
    try:
        reader = form.stream(sheet)
        reader.feed(head.data)
        reader.end()
    except InputError:
        return False
    return any(
        one.role is not None and one.role.kind in MEASURED and len(one.values)
        for one in sheet.columns.values()
    )


def _newest_checkpoints(found: list[Found]) -> list[Found]:
    """Without the trainer's state of all checkpoints of a training but the last."""
    last: dict[str, int] = {}
    numbered: list[tuple[Found, str, int]] = []
    for one in found:
        checkpoint = _CHECKPOINT.fullmatch(str(one.path.parent))
        training, number = str(one.path.parent), 2**63
        if one.format is TRAINER_STATE:
            if checkpoint is not None:
                training, number = checkpoint[1].rstrip("/"), int(checkpoint[2][:18])
            last[training] = max(last.get(training, -1), number)
        numbered.append((one, training, number))
    return [
        one
        for one, training, number in numbered
        if one.format is not TRAINER_STATE or number == last[training]
    ]
