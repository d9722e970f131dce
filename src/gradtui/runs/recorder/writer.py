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
from types import MappingProxyType
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
    to come. A last line that a killed run left torn is ended first. The head is written with the
    first line, and again where the names have changed by the next.

    Args:
        path: the file. With several ranks, the folder that has a file for each of them.
        names: the parameters, in forward order.
        every: how many steps of the optimizer a recorded step stands for.
        rank, ranks: which process of how many this is, where each holds a shard.
        dtypes: in which type each parameter is stored, such as "bfloat16", if that is known.
        others: what else the head has, by the names of `runs/formats/recording.py`.

    Attributes:
        names: the parameters; others may be set before a line.
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
        dtypes: Mapping[str, str] = MappingProxyType({}),
        others: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        self.names = tuple(names)
        self._head: dict[str, object] = {"gradtui": VERSION, "names": ()}
        self._head |= {"every": every, "rank": rank, "ranks": ranks}
        self._head |= others
        self._dtypes = dtypes
        self._headed: tuple[str, ...] | None = None
        given = os.fspath(path)
        self.path = named_file(given, "path", _SUCH_AS)
        if ranks > 1:
            self.path /= f"rank{rank}.jsonl"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _opened(self.path)
            # Closed with the writer: who records in a script need not end it.
            self.close = weakref.finalize(self, os.close, self._file)
            _refuse_other(self._file, given, self._head)
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
            if self._headed != self.names:
                self._headed = self.names
                head = self._head | {"names": self.names}
                if self._dtypes:
                    head |= {"dtypes": [self._dtypes[name] for name in self.names]}
                line = _before(self._file, _in_json(head).encode()) + b"\n" + line
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


def _before(file: int, head: bytes) -> bytes:
    """A head, as it is to be written after what is there."""
    size = os.fstat(file).st_size
    if size < len(head) and os.pread(file, size, 0) == head[:size]:
        return head[size:]  # it was cut off there
    ended = os.pread(file, 1, size - 1) == b"\n"
    return head if ended else b"\n" + head


def _first_line(file: int) -> bytes:
    """The first line of a file, without its end; no more of it than a reader would read."""
    line = bytearray()
    while len(line) < LONGEST and (more := os.pread(file, 2**16, len(line))):
        before, end, _ = more.partition(b"\n")
        line += before
        if end:
            break
    return bytes(line)


def _refuse_other(file: int, given: str, head: Mapping[str, object]) -> None:
    """Raise where what is there is no recording, or not one that is carried on with this head."""
    size = os.fstat(file).st_size
    first = _first_line(file)
    known = f"{BEGINS}{VERSION},".encode()
    # A head that was cut off is as good as none.
    if len(first) == size and known.startswith(first[: len(known)]) and _object(first) is None:
        return
    found = _object(first)
    if found is None or not first.startswith(BEGINS.encode()):
        raise InputError("path", given, "a recording: another file is there", f"try {_SUCH_AS}")
    for key, what in (("gradtui", "version"), ("ranks", "ranks"), ("rank", "rank")):
        if (was := found.get(key, head[key])) != head[key]:
            raise InputError(
                "path",
                given,
                f"a recording to carry on: it has {what} {shown(was)}, this one {what} {head[key]}",
                "name another file",
            )


def _object(line: bytes) -> dict[str, object] | None:
    """The object that a line has."""
    found = parsed(line.decode(errors="replace"))
    return found if isinstance(found, dict) else None


def _in_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _number(value: float | None) -> str:
    """A number in JSON: nine digits tell one float32 from every other."""
    if value is None:
        return "null"
    read = float(value)
    return f"{read:.9g}" if math.isfinite(read) else f'"{read}"'
