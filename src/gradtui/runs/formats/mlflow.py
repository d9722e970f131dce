"""MLflow's files: a folder a run, in it `metrics/KEY`, in that a line `ms value step` each."""

from __future__ import annotations

import os
from pathlib import Path

from gradtui.files import open_regular
from gradtui.runs.formats.format import Format, Head, Lines
from gradtui.runs.numbers import whole
from gradtui.runs.sheet import Sheet

_MOST_FILES = 100_000
_PIECE = 2**20


class _Metric(Lines):
    """The lines of one metric."""

    def __init__(self, sheet: Sheet, key: str) -> None:
        super().__init__(sheet)
        self._column = sheet.column(key)

    def take(self, lines: list[str]) -> None:
        """Whole lines."""
        for line in lines:
            words = line.split()
            step = whole(words[2]) if len(words) == 3 else None
            if step is not None:
                self._column.put(step, words[1])
            elif words:
                self.sheet.note("Left out as no `ms value step`: {line|lines}.")


def _files(folder: Path) -> list[Path]:
    """The metrics' files; a symbolic link is none."""
    found: list[Path] = []
    for where, folders, names in os.walk(folder / "metrics"):
        folders.sort()
        inside = Path(where)
        found += [inside / name for name in sorted(names) if not (inside / name).is_symlink()]
        if len(found) > _MOST_FILES:
            break
    return [file for file in found[:_MOST_FILES] if file.is_file()]


def _read(folder: Path, sheet: Sheet) -> None:
    """Every metric."""
    for file in _files(folder):
        metric = _Metric(sheet, file.relative_to(folder / "metrics").as_posix())
        with open_regular(file) as stream:
            while data := stream.read(_PIECE):
                metric.feed(data)
        metric.end()


def _knows(head: Head) -> bool:
    folder = head.path
    return (
        folder is not None
        and (folder / "metrics").is_dir()
        and any((folder / beside).exists() for beside in ("meta.yaml", "params", "tags"))
    )


MLFLOW = Format("MLflow", _knows, read=_read, folder=True)
