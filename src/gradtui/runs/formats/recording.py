"""gradtui's own recording: JSON Lines, a head, then a line for each recorded step.

The head tells what does not change; ``names`` are the parameters in forward order::

    {"gradtui": 1, "names": ["0.weight", "0.bias"], "every": 1, "rank": 0, "ranks": 1}

``dtypes``, which may be there too, are the types in which the weights are stored, such as
"bfloat16", one for each of ``names``; ``probe`` is true of one
pass of a probe; ``theory``, of a plain stack of layers, is an object with
``activation``, ``log10_rate``, by which a gradient grows a layer at infinite width, and
``log10_measured``, by which it did. A file begins with ``{"gradtui":``, by which it is known. A
step's line has the step and, each if it was recorded, numbers ...

=============  ==========================================================================
``step``       the optimizer's step, a whole number
``loss``       the loss
``total_norm`` the norm of the whole gradient, before clipping, by the step's scale unscaled
``lr``         the learning rate
``loss_scale`` by which the loss was multiplied
``skipped``    how many steps the loss scaler skipped since the line before
``clip``       the norm to which the gradient is clipped
=============  ==========================================================================

... and lists with an entry for each of ``names``, null where nothing was recorded:

=============  ==========================================================================
``grad``       the norm of the gradient, before clipping, unscaled
``weight``     the norm of the weights
``update``     the norm of what the step added to them
``not_finite`` the share of the gradient's elements that are nan or infinite
``lost_f16``   the share of its elements, not zero, that float16 makes zero; as ``backward``
               left them, by the loss scale multiplied
``swallowed``  the share of the weights whose update is below half an ulp of bfloat16
=============  ==========================================================================

``saturated`` and ``dead`` are objects, from a module's name to the share of its units. JSON has
no nan and no infinity: they are the strings "nan", "inf" and "-inf". With ``ranks`` above 1 each
rank writes a file of its own, with norms of its shard only. Unknown names are left out, so that
a later version may add some; a version above 1 is one that this reader doesn't know.
"""

from __future__ import annotations

import re
from itertools import groupby
from math import isfinite

from gradtui.errors import InputError
from gradtui.runs.formats.format import Format, Head, Lines
from gradtui.runs.formats.lines_of_json import parsed, values_of
from gradtui.runs.keys import Kind, Role
from gradtui.runs.numbers import whole
from gradtui.runs.sheet import Column, Sheet, wholes
from gradtui.wording import rate

VERSION = 1
BEGINS = '{"gradtui":'
"""The beginning of a recording, by which it is known."""
SERIES = {
    "loss": Kind.LOSS,
    "total_norm": Kind.TOTAL,
    "lr": Kind.RATE,
    "loss_scale": Kind.SCALE,
    "skipped": Kind.SKIPPED,
    "clip": Kind.CLIP,
}
NORMS = {"grad": Kind.GRADIENT, "weight": Kind.WEIGHT, "update": Kind.UPDATE}
SHARES = ("not_finite", "lost_f16", "swallowed")
UNITS = ("saturated", "dead")
_SPEC = re.compile(r"[\w(),.= +-]{1,60}", re.ASCII)


class Recording(Lines):
    """A head, and a line for each step."""

    def __init__(self, sheet: Sheet, *, alone: bool = True) -> None:
        super().__init__(sheet)
        self._alone = alone
        self._names: list[str] = []
        self._begun = False
        self._columns: dict[str, list[Column]] = {}

    def take(self, lines: list[str]) -> None:
        """Whole lines: those of the same names are put down together."""
        values = values_of(lines)
        told = [value for value in values if isinstance(value, dict)]
        self.sheet.note("Left out as no JSON: {line|lines}.", len(values) - len(told))
        for names, some in groupby(told, tuple):
            if "gradtui" in names:
                for head in some:
                    self._head(head)
            else:
                self._steps(list(some))

    def torn(self, line: str) -> None:
        """An object that is closed is whole."""
        if isinstance(parsed(line), dict):
            self.take([line])
        else:
            super().torn(line)

    def _head(self, head: dict[str, object]) -> None:
        """What does not change from here on."""
        version, names = head.get("gradtui"), head.get("names")
        if version != VERSION:
            raise InputError(
                "path",
                f"a recording of version {version}",
                f"one of version {VERSION}",
                "update gradtui",
            )
        self._begun = True
        named = names if isinstance(names, list) else []
        self._names = [one for one in named if isinstance(one, str)]
        dtypes = head.get("dtypes")
        if isinstance(dtypes, list) and len(dtypes) == len(self._names):
            self.sheet.dtypes |= zip(self._names, map(str, dtypes), strict=True)
        self.sheet.probed = head.get("probe") is True
        if isinstance(theory := head.get("theory"), dict):
            self._theory(theory)
        self._columns = {
            what: [self.sheet.column(f"{what}/{name}", Role(kind, name)) for name in self._names]
            for what, kind in NORMS.items()
        }
        for what in SHARES:
            by_name = self.sheet.shares.setdefault(what, {})
            self._columns[what] = [by_name.setdefault(name, Column()) for name in self._names]
        if not self.sheet.names:
            self.sheet.names = tuple(self._names)
        ranks, rank = whole(head.get("ranks")), whole(head.get("rank"))
        if self._alone and ranks is not None and ranks > 1:
            self.sheet.note(f"These are the norms of rank {rank} of {ranks:,} only, of its shard.")

    def _theory(self, told: dict[str, object]) -> None:
        """What theory says of the network, beside what was measured."""
        activation, *rates = map(told.get, ("activation", "log10_rate", "log10_measured"))
        known = isinstance(activation, str) and _SPEC.fullmatch(activation)
        if known and all(isinstance(one, int | float) and isfinite(one) for one in rates):
            expected, measured = (rate(float(one)) for one in rates if isinstance(one, int | float))
            self.sheet.note(
                f"Theory for infinite width has {expected} a layer for {activation} and weights of "
                f"these sizes; measured {measured}."
            )

    def _one_by_one(self, steps: list[int], rows: list[object], columns: list[Column]) -> None:
        """Lists of which some are of another length than the names: whose numbers are they?"""
        for step, row in zip(steps, rows, strict=True):
            if isinstance(row, list) and len(row) == len(columns):
                for column, value in zip(columns, row, strict=True):
                    column.put(step, value)
            else:
                self.sheet.note("Left out as longer or shorter than the names: {list|lists}.")

    def _steps(self, lines: list[dict[str, object]]) -> None:
        """Lines of the same names."""
        found = wholes([line.get("step") for line in lines])
        self.sheet.note("Left out for want of a step: {line|lines}.", found.count(None))
        lines = [line for line, step in zip(lines, found, strict=True) if step is not None]
        steps = [step for step in found if step is not None]
        if not lines:
            return
        if self._begun:
            self._begun = False
            self.sheet.forget_from(steps[0])
        for key, kind in SERIES.items():
            if key in lines[0]:
                self.sheet.column(key, Role(kind)).extend(steps, [line[key] for line in lines])
        for what, columns in self._columns.items():
            if what not in lines[0]:
                continue
            rows = [line[what] for line in lines]
            lists = [row for row in rows if isinstance(row, list) and len(row) == len(columns)]
            if len(lists) == len(rows):
                for column, cells in zip(columns, zip(*lists, strict=True), strict=True):
                    column.extend(steps, cells)
            else:
                self._one_by_one(steps, rows, columns)
        for what in UNITS:
            for step, line in zip(steps, lines, strict=True):
                told_of = line.get(what)
                if isinstance(told_of, dict):
                    by_module = self.sheet.units.setdefault(what, {})
                    for module, share in told_of.items():
                        by_module.setdefault(module, Column()).put(step, share)


def _knows(head: Head) -> bool:
    return head.text.startswith(BEGINS)


RECORDING = Format("gradtui's recording", _knows, stream=Recording, certain=True)
