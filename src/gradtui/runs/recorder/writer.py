"""Writes gradtui's recording, line by line, as `runs/formats/recording.py` describes it."""

from __future__ import annotations

import errno
import json
import math
import os
import stat
import warnings
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from gradtui.errors import InputError, printable, shown
from gradtui.files import named_file
from gradtui.mathematics.elementwise import Array
from gradtui.runs.formats.format import LONGEST
from gradtui.runs.formats.lines_of_json import parsed
from gradtui.runs.formats.recording import BEGINS, NORMS, SERIES, SHARES, UNITS, VERSION

Value: TypeAlias = "float | Sequence[float | None] | Array | Mapping[str, float] | None"
BY_PARAMETER = (*NORMS, *SHARES)
_SUCH_AS = "run.jsonl"


class Writer:
    """A recording that is open: `write` appends a line, which is in the file when it returns.

    A file that is there already is carried on if it is a recording: another head, then the lines
    to come. A last line that a killed run left torn is ended first.

    Args:
        path: the file. With several ranks, the folder that has a file for each of them.
        names: the parameters, in forward order.
        every: how many steps of the optimizer a recorded step stands for.
        rank, ranks: which process of how many this is, where each holds a shard.

    Attributes:
        close: closes the file; what is written from there on is left out.

    Raises:
        InputError: there is another file, or it cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        names: Iterable[str],
        *,
        every: int = 1,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        self.names = tuple(names)
        given = os.fspath(path)
        self.path = named_file(given, "path", _SUCH_AS)
        if ranks > 1:
            self.path /= f"rank{rank}.jsonl"
        head = {"gradtui": VERSION, "names": self.names, "every": every}
        head |= {"rank": rank, "ranks": ranks}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _opened(self.path)
            # Closed with the writer: who records in a script need not end it.
            self.close = weakref.finalize(self, os.close, self._file)
            _begin(self._file, given, _in_json(head).encode())
        except OSError as error:
            reason = printable(error.strerror or str(error))
            raise InputError(
                "path", given, f"a file that can be written ({reason})", "name another"
            ) from None

    def write(self, step: int, values: Mapping[str, Value]) -> None:
        """One recorded step.

        Where the file cannot be written any more, as on a full disk, a warning says so, and
        nothing is recorded from there on: a training is worth more than its recording.

        Args:
            step: of the optimizer.
            values: by the names of `runs/formats/recording.py`: a number; a list with an entry
                for each parameter, None where nothing was recorded; or, for units, numbers by
                module. What is None is left out.

        Raises:
            InputError: a name that a recording does not have, or a list of another length.
        """
        if not self.close.alive:
            return
        told = [f'"step":{int(step)}']
        told += [f'"{key}":{self._told(key, value)}' for key, value in values.items()
                 if value is not None]  # fmt: skip
        line = f"{{{','.join(told)}}}\n".encode()
        try:
            _append(self._file, line)
        except OSError as error:
            self.close()
            warnings.warn(
                f"gradtui records nothing more in {printable(str(self.path))} from step {step} "
                f"on: {printable(error.strerror or str(error))}",
                RuntimeWarning,
                stacklevel=2,
            )

    def _told(self, key: str, value: Value) -> str:
        """A value in JSON."""
        if key in BY_PARAMETER and isinstance(value, Iterable) and not isinstance(value, Mapping):
            numbers = [_number(one) for one in value]
            if len(numbers) == len(self.names):
                return f"[{','.join(numbers)}]"
            raise InputError(
                key,
                f"{len(numbers):,} numbers",
                f"one for each of the {len(self.names):,} parameters",
                "give None where there is none",
            )
        if key in UNITS and isinstance(value, Mapping):
            told = (f"{_in_json(name)}:{_number(share)}" for name, share in value.items())
            return f"{{{','.join(told)}}}"
        if key in SERIES and not isinstance(value, Iterable):
            return _number(value)
        known = f"{', '.join(SERIES)}; by parameter {', '.join(BY_PARAMETER)}; by module "
        raise InputError("what is recorded", key, f"{known}{', '.join(UNITS)}", "name one of these")


def _opened(path: Path) -> int:
    """The descriptor of a regular file to append to, made where there is none."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor


def _append(file: int, line: bytes) -> None:
    """All of a line in one piece, so that nobody reads half of it."""
    if os.write(file, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _begin(file: int, given: str, head: bytes) -> None:
    """Write a head, after what is there if that is a recording of the same rank."""
    size = os.fstat(file).st_size
    if not size:
        _append(file, head + b"\n")
        return
    first = _first_line(file)
    if len(first) == size and head.startswith(first):
        _append(file, head[size:] + b"\n")  # it was cut off there
        return
    _refuse_other(given, first, head, torn=len(first) == size)
    ended = os.pread(file, 1, size - 1) == b"\n"
    _append(file, (b"" if ended else b"\n") + head + b"\n")


def _first_line(file: int) -> bytes:
    """The first line of a file, without its end; no more of it than a reader would read."""
    line = bytearray()
    while len(line) < LONGEST and (more := os.pread(file, 2**16, len(line))):
        before, end, _ = more.partition(b"\n")
        line += before
        if end:
            break
    return bytes(line)


def _refuse_other(given: str, first: bytes, head: bytes, *, torn: bool) -> None:
    """Raise where what is there is no recording, or not one that this one carries on."""
    found = parsed(first.decode(errors="replace"))
    if not isinstance(found, dict):
        found = {}
        ours = torn and first.startswith(f"{BEGINS}{VERSION},".encode())
    else:
        ours = first.startswith(BEGINS.encode())
    if not ours:
        raise InputError("path", given, "a recording: another file is there", f"try {_SUCH_AS}")
    own = json.loads(head)
    for key, what in (("gradtui", "version"), ("ranks", "ranks"), ("rank", "rank")):
        if (was := found.get(key, own[key])) != own[key]:
            raise InputError(
                "path",
                given,
                f"a recording to carry on: it has {what} {shown(was)}, this one {what} {own[key]}",
                "name another file",
            )


def _in_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _number(value: float | None) -> str:
    """A number in JSON: nine digits tell one float32 from every other."""
    if value is None:
        return "null"
    read = float(value)
    return f"{read:.9g}" if math.isfinite(read) else f'"{read}"'
