"""The gate for files: in a process that serves a visitor in a browser, which of them may be read.

It is open until `shut` is called, which a process that serves a visitor does before all else. From
then on no file is written, and of what a visitor names only what lies in the folders named then.
What a visitor saves is handed to `send`, and goes to the visitor's browser.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gradtui.errors import InputError

OWN = Path(__file__).resolve().parent
"""The package, with the pages in it."""
_EXAMPLE = OWN / "runs" / "example.jsonl"
"""The run that comes with it."""


@dataclass(frozen=True)
class _Visit:
    """What one visitor may do.

    Attributes:
        folders: those that may be read, without links on the way.
        send: hands a file, by its name and content, to the visitor's browser.
    """

    folders: tuple[Path, ...]
    send: Callable[[str, bytes], None]


_visit: _Visit | None = None


def shut(folders: tuple[Path, ...], send: Callable[[str, bytes], None]) -> None:
    """From now on this process serves a visitor, and reads nothing but these folders."""
    global _visit
    _visit = _Visit(tuple(Path(os.path.realpath(one)) for one in folders), send)


def is_shut() -> bool:
    """Whether this process serves a visitor."""
    return _visit is not None


def named(text: str, field: str) -> Path:
    """The file or folder that a visitor means, by a path that begins with a folder's name.

    A path that begins with none is looked for in the first folder.

    Raises:
        InputError: it lies outside of them, or is hidden; the words are the same whether it is
            there or not.
    """
    assert _visit is not None
    folders = _visit.folders
    if os.path.realpath(text) == str(_EXAMPLE):
        return _EXAMPLE
    if not folders:
        raise InputError(
            field,
            text,
            "to be read: no folder of the server is open to visitors",
            "ask whoever serves this to open one, or take the example",
        )
    path, here = Path(text), folders[0]
    for folder in folders:
        if path.parts[:1] == (folder.name,):
            path, here = Path(*path.parts[1:]), folder
            break
    meant = here / path
    if not _open(meant):
        raise InputError(
            field,
            text,
            f"in a folder that is open to visitors: {', '.join(one.name for one in folders)}",
            f"name a run in it, such as {folders[0].name}/run.jsonl",
        )
    return meant


def public(path: Path) -> str:
    """A path as a visitor names it: that of the server stays the server's."""
    for folder in () if _visit is None else _visit.folders:
        if path == folder or folder in path.parents:
            return str(Path(folder.name) / path.relative_to(folder))
    return str(path)


def check(path: str | os.PathLike[str]) -> None:
    """Raise `PermissionError` for what a visitor may not read."""
    if _visit is not None and not (_open(Path(path)) or _inside(Path(path), OWN)):
        raise _refusal(path)


def check_written(path: str | os.PathLike[str]) -> None:
    """Raise `PermissionError` in a process that serves a visitor: it writes no file."""
    if _visit is not None:
        raise _refusal(path)


def refuse(field: str, given: str, allowed: str, next_step: str) -> None:
    """Raise an `InputError` in a process that serves a visitor."""
    if _visit is not None:
        raise InputError(field, given, allowed, next_step)


def sent_name(text: str) -> Path:
    """The name under which a visitor's browser is to keep a file.

    Raises:
        InputError: it is none, or leads to a folder.
    """
    name = text.strip()
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise InputError(
            "output",
            text,
            "a file's name without a folder: your browser keeps the file where it keeps others",
            "name it such as gradtui.svg",
        )
    return Path(name)


def send(name: str, content: bytes) -> None:
    """Hand a file to the visitor's browser.

    Raises:
        OSError: nobody takes it.
    """
    assert _visit is not None
    _visit.send(name, content)


def _refusal(path: str | os.PathLike[str]) -> PermissionError:
    return PermissionError(errno.EACCES, "not open to visitors", os.fspath(path))


def _open(path: Path) -> bool:
    """Whether it lies in one of the folders, links followed, and nothing on the way is hidden."""
    assert _visit is not None
    try:
        real = Path(os.path.realpath(path))
    except (OSError, ValueError):
        return False
    for folder in _visit.folders:
        if _inside(real, folder):
            below = (*real.relative_to(folder).parts, *path.parts[len(folder.parts) :])
            return not any(part.startswith(".") for part in below)
    return False


def _inside(path: Path, folder: Path) -> bool:
    real = Path(os.path.realpath(path))
    return real == folder or folder in real.parents
