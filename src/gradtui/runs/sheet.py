"""What a reader collects: by key, at which steps which values; nothing that isn't a number."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.runs.keys import Kind, Role, role
from gradtui.runs.notes import Notes
from gradtui.runs.numbers import NoNumberError, number, numbers, whole

Cells: TypeAlias = "Sequence[object] | Array"
"""The cells of a column: as they are in the file, or all of them read as numbers."""
MOST_KEYS = 100_000
_FAR = 2**62
_MOST_OTHERS = 6
SUMMARY = "train_runtime"
"""In the row with which Transformers' trainer ends: means of the whole training."""


@dataclass
class Column:
    """The values of a key.

    Attributes:
        role: what they mean.
        approximate: they are known within a bin of a histogram only.
        steps, values: in the order of the file.
        strange: how many were no numbers.
    """

    role: Role | None = None
    approximate: bool = False
    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    strange: int = 0

    def put(self, step: int, value: object) -> None:
        """One more, if it is a number."""
        try:
            read = number(value)
        except NoNumberError:
            self.strange += 1
            return
        if read is not None:
            self.steps.append(step)
            self.values.append(read)

    def forget_from(self, step: int) -> bool:
        """Without the values from a step on: whether there were any."""
        at = np.frombuffer(self.steps, np.int64)
        keep = at < step
        if keep.all():
            return False
        values = np.frombuffer(self.values)[keep]
        steps = at[keep].tolist()
        del at  # it holds the array
        self.steps, self.values = array("q", steps), array("d", values.tobytes())
        return True

    def extend(self, steps: Sequence[int], cells: Cells) -> None:
        """Many more, of which those that are no numbers are left out."""
        if isinstance(cells, np.ndarray):
            self.values.frombytes(cells.tobytes())
            self.steps.extend(steps)
            return
        try:
            self.values.extend(map(float, cast("Sequence[str]", cells)))
            self.steps.extend(steps)
        except (ValueError, TypeError, OverflowError):
            # What came before the odd one out stands there already.
            del self.values[len(self.steps) :]
            places, values, strange = numbers(cells)
            self.strange += strange
            self.values.extend(values)
            self.steps.extend([steps[place] for place in places])


class Sheet:
    """Where a reader puts what it reads, by and by.

    Attributes:
        columns: by key, in the order in which the keys came.
        source: what the file is, in words, once that is known.
        names: the layers in forward order, if the file tells that.
        dtypes: in which type the weights of a layer are stored, if the file tells that.
        probed: it is one pass of a probe.
        shares, units: of a recording of gradtui's own: by what is told, by parameter or module.
        notes: what was left out while reading.
        others: names in the file that mean nothing here, the first few.
        counted: no step was recorded, and the rows were counted.
        last: the step that was told last.
        within_epochs: steps began anew in each epoch, and were carried on.
    """

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {}
        self.source = ""
        self.names: tuple[str, ...] = ()
        self.dtypes: dict[str, str] = {}
        self.probed = False
        self.shares: dict[str, dict[str, Column]] = {}
        self.units: dict[str, dict[str, Column]] = {}
        self.others: list[str] = []
        self.counted = False
        self.within_epochs = False
        self.notes = Notes()
        self.last = 0
        self._next = 0
        self._last: tuple[int, float] = (-1, float("nan"))
        self._base = 0

    def note(self, sentence: str, times: int = 1) -> None:
        """A sentence for the user, as `Notes.add` takes it."""
        self.notes.add(sentence, times)

    # ------------------------------------------------------------- values

    def column(self, key: str, meant: Role | None = None, *, approximate: bool = False) -> Column:
        """That of a key; a new one means what the table of keys says, if nothing else is given."""
        found = self.columns.get(key)
        if found is None:
            if len(self.columns) >= MOST_KEYS:
                raise InputError(
                    "path",
                    f"more than {MOST_KEYS:,} names",
                    f"a run of at most {MOST_KEYS:,} names",
                    "name the file of one run",
                )
            found = self.columns[key] = Column(meant or role(key), approximate)
        return found

    def row(self, values: Mapping[str, object], step: int | None = None) -> None:
        """The values of one row, in which the step is sought if it isn't given."""
        useful = [key for key in values if _tells(key)]
        if not useful or SUMMARY in values:
            self._pass(values)
            return
        by_epoch = _best(values, Kind.EPOCH)
        epoch = None if by_epoch is None else _epoch(values[by_epoch])
        if step is None:
            by_step = _best(values, Kind.STEP) or by_epoch
            step = None if by_step is None else _step(values[by_step], by_step == by_epoch)
        at = self.count() if step is None else self.clock([step], [epoch])[0]
        for key in useful:
            self.column(key).put(at, values[key])

    def rows(self, keys: Sequence[str], columns: Sequence[Cells], decimal: str = ".") -> None:
        """Many rows of the same keys, column by column."""
        if not any(map(_tells, keys)):
            self._pass(keys)
            return
        told, places = self._steps_of(keys, columns)
        # What extends one array from another is a copy of memory.
        steps = array("q", told)
        for key, cells in zip(keys, columns, strict=True):
            if not _tells(key):
                continue
            taken = cells if places is None else [cells[place] for place in places]
            if decimal != ".":
                taken = [c.replace(decimal, ".") if isinstance(c, str) else c for c in taken]
            self.column(key).extend(steps, taken)

    def _pass(self, keys: Iterable[str]) -> None:
        """Names of a row in which nothing is of use."""
        if len(self.others) < _MOST_OTHERS:
            self.others += [key for key in keys if key not in self.others][:_MOST_OTHERS]

    def forget_from(self, step: int) -> None:
        """A training begins again there: what was told before of this step and later is no more."""
        named = (self.columns, *self.shares.values(), *self.units.values())
        left = [column.forget_from(step) for columns in named for column in columns.values()]
        if any(left):
            self.note(
                f"It was carried on at step {step:,}: what was there of later ones is left out."
            )

    # ------------------------------------------------------------- steps

    def count(self) -> int:
        """The number of the next row, where no step is recorded."""
        self.counted = True
        self._next += 1
        return self._next - 1

    def clock(self, steps: Sequence[int], epochs: Sequence[float | None]) -> Sequence[int]:
        """Steps of the whole run: counting anew in each epoch is carried on."""
        last, epoch = self._last
        if not self.within_epochs and not _falls(steps, last):
            self.last = steps[-1]
            self._last = steps[-1], next((e for e in reversed(epochs) if e is not None), epoch)
            return steps
        told = []
        for step, now in zip(steps, epochs, strict=True):
            if step < last and now is not None and now > epoch:
                self._base += last + 1 - step
                self.within_epochs = True
            last, epoch = step, epoch if now is None else now
            told.append(self._base + step)
        self.last = told[-1]
        self._last = last, epoch
        return told

    def _steps_of(
        self, keys: Sequence[str], columns: Sequence[Cells]
    ) -> tuple[Sequence[int], list[int] | None]:
        """The steps of many rows, and which rows have one, None for all."""
        count = len(columns[0]) if columns else 0
        by_key = dict(zip(keys, columns, strict=True))
        best = _best(keys, Kind.STEP)
        epochs_key = _best(keys, Kind.EPOCH)
        if best is None and epochs_key is not None and _are_epochs(by_key[epochs_key]):
            best = epochs_key
        if best is None:
            start, self._next, self.counted = self._next, self._next + count, True
            return range(start, start + count), None
        found = wholes(by_key[best])
        places = None
        if None in found:
            places = [place for place, step in enumerate(found) if step is not None]
            lost = count - len(places)
            self.note("Left out for want of a step: {row|rows}.", lost)
        steps = [step for step in found if step is not None]
        if not steps:
            return steps, places
        if epochs_key is None:
            return self.clock(steps, [None] * len(steps)), places
        cells = by_key[epochs_key]
        epochs = _epochs(cells if places is None else [cells[place] for place in places])
        return self.clock(steps, epochs), places

    # ------------------------------------------------------------- size

    @property
    def size(self) -> int:
        """The bytes that it takes."""
        return sum(16 * len(column.values) for column in self.columns.values())

    def refuse_too_large(self, path: str) -> None:
        """Raise an `InputError` where what is made of it will not fit."""
        refuse_beyond_memory(
            "path", path, self.size, lambda free: "read a shorter part of it, through a pipe"
        )


def _tells(key: str) -> bool:
    """Whether a key is of something that is measured at a step."""
    what = role(key)
    return what is not None and what.kind not in (Kind.STEP, Kind.EPOCH)


def _falls(steps: Sequence[int], last: int) -> bool:
    """Whether some step is less than the one before."""
    if isinstance(steps, range):
        return False
    for step in steps:
        if step < last:
            return True
        last = step
    return False


def _best(keys: Iterable[str], kind: Kind) -> str | None:
    """The key that counts among those of a kind."""
    of_kind = [(what.rank, key) for key in keys if (what := role(key)) and what.kind is kind]
    return min(of_kind, key=lambda one: one[0])[1] if of_kind else None


def _epoch(cell: object) -> float | None:
    try:
        return number(cell)
    except NoNumberError:
        return None


def _epochs(cells: Cells) -> Sequence[float | None]:
    """Epochs, quickly where all are numbers."""
    with suppress(ValueError, TypeError, OverflowError):
        return list(map(float, cast("Sequence[str]", cells)))
    return [_epoch(cell) for cell in cells]


def _step(cell: object, is_epoch: bool) -> int | None:
    """A step; an epoch is one if it counts them, and doesn't tell a share of one."""
    return whole(cell) if not is_epoch or _are_epochs((cell,)) else None


def wholes(cells: Cells) -> list[int | None]:
    """Steps, quickly where all are written plainly."""
    if isinstance(cells, np.ndarray):
        cells = cells.tolist()
    with suppress(ValueError, OverflowError):
        if set(map(type, cells)) <= {str, int}:
            found = list(map(int, cast("Sequence[int | str]", cells)))
        elif set(map(type, cells)) == {float} and all(map(float.is_integer, cells)):
            found = list(map(int, cast("Sequence[float]", cells)))
        else:
            found = [_FAR]
        if min(found) > -_FAR and max(found) < _FAR:
            return list[int | None](found)
    return [whole(cell) for cell in cells]


def _are_epochs(cells: Cells) -> bool:
    """Whether all are written as whole numbers: 1, where 1.0 is a share of the way as 0.97 is."""
    return len(cells) > 0 and all(
        isinstance(cell, int) or (isinstance(cell, str) and cell.strip().isdecimal())
        for cell in cells
    )
