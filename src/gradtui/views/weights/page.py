"""What a file of weights is like, as a page: a row a tensor, then what ails it and what next."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gradtui.errors import printable
from gradtui.models.weights.flaws import cell_name, rows_of
from gradtui.models.weights.record import Keeping, Tensor, WeightsRecord
from gradtui.models.weights.stack import Stack
from gradtui.plots.ascii import spelled
from gradtui.plots.picture import Row, Span, row, wrapped
from gradtui.wording import counted, factor, percent, plain, rate

_LEAST_NAME = 16
"""Cells of a name that come before a column of numbers."""
_GAP = " "
_SHORT = {
    "float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16", "int64": "i64",
    "int32": "i32", "int16": "i16", "int8": "i8", "uint64": "u64", "uint32": "u32",
    "uint16": "u16", "uint8": "u8",
}  # fmt: skip
_LOOSE = 1e-3
"""A largest singular value that is known less well is told as a bound."""


@dataclass(frozen=True)
class Column:
    """One column of the table.

    Attributes:
        head: its heading.
        texts: a text a row.
        keep: the larger, the longer it stays where there is little room.
        right: whether its texts stand at its right.
        says: what it means.
    """

    head: str
    texts: Sequence[str]
    keep: int
    right: bool = True
    says: str = ""

    @cached_property
    def width(self) -> int:
        """Its cells."""
        return max(map(len, (self.head, *self.texts)), default=0)


def page(record: WeightsRecord, given: str, width: int) -> tuple[Row, ...]:
    """What `gradtui weights` prints.

    Args:
        record: of the file.
        given: its name.
        width: the cells of a line.
    """
    numbers = sum(tensor.size for tensor in record.tensors)
    told = (
        f"{record.source}, {counted(len(record.tensors), 'tensor')}, {counted(numbers, 'number')}"
    )
    name = _narrow(printable(given))
    if len(name) + 2 + len(told) <= width:
        title = [row((name, "title"), (f"  {told}", "muted"))]
    else:
        title = [row((_end_of(name, width), "title")), *wrapped(told, width, "muted")]
    table, legend = _table(record, width)
    rows = [*title, *table, *wrapped(legend, width, "muted")]
    for cell in record.keeping:
        rows += [(), *wrapped(_cell(cell), width, "", "  ")]
    for text in (*_tied(record), *record.notes):
        rows += [(), *wrapped(text, width, "muted")]
    return (*rows, *_verdicts(record, width))


# -------------------------------------------------------------------- table


def _table(record: WeightsRecord, width: int) -> tuple[list[Row], str]:
    """The table, a row a tensor, with the columns for which there is room; and what they mean."""
    tensors = record.tensors
    names = [_narrow(printable(tensor.name)) for tensor in tensors]
    remarks = [_remark(tensor) for tensor in tensors]
    columns = [column for column in _columns(record) if any(column.texts)]
    last = Column("looks like", [spelled("; ".join(filter(None, one))) for one in remarks], 99)
    longest = max(map(len, ("tensor", *names)))

    def taken() -> int:
        return sum(len(_GAP) + column.width for column in columns) + len(_GAP) + last.width

    least = min(longest, _LEAST_NAME)
    while columns and taken() + least > width:
        columns.remove(min(columns, key=lambda column: column.keep))
    room = max(min(longest, width - taken()), min(longest, 8))
    of_remark = max(width - room - taken() + last.width, 0)
    heads = [column.head.rjust(column.width) if column.right else column.head.ljust(column.width)
             for column in columns]  # fmt: skip
    rows = [row((_GAP.join(["tensor".ljust(room), *heads, last.head]).rstrip(), "muted"))]
    shown = _shortened(names, room)
    for at, tensor in enumerate(tensors):
        cells = [
            column.texts[at].rjust(column.width)
            if column.right
            else column.texts[at].ljust(column.width)
            for column in columns
        ]
        wrong, alike = map(spelled, remarks[at])
        alike = f"; {alike}" if wrong and alike else alike
        rows.append(
            (
                Span(shown[at].ljust(room) + _GAP, _role(tensor)),
                Span("".join(cell + _GAP for cell in cells)),
                Span(wrong[:of_remark], "bad"),
                Span(alike[: max(of_remark - len(wrong), 0)], "muted"),
            )
        )
    says = [column.says for column in columns if column.says]
    return rows, " ".join([*says, "looks like: what draws such numbers."])


def _columns(record: WeightsRecord) -> Iterator[Column]:
    tensors = record.tensors
    facts = [tensor.facts for tensor in tensors]
    yield Column("shape", [spelled("×".join(map(str, t.shape))) for t in tensors], 5, right=False)
    yield Column("type", [_SHORT.get(t.dtype, t.dtype) for t in tensors], 0, right=False)
    yield Column(
        spelled("σw"),
        [
            "" if f is None or f.sigma_w is None or math.isnan(f.sigma_w) else plain(f.sigma_w)
            for f in facts
        ],
        9,
        says="σw: std · √fan_in.",
    )
    spectra = [None if f is None else f.singular for f in facts]
    loose = any(s is not None and s.error > _LOOSE for s in spectra)
    yield Column(
        spelled("σmax"),
        [
            "" if s is None else spelled("≥" if s.error > _LOOSE else "") + plain(s.largest)
            for s in spectra
        ],
        3,
        says="σmax: the largest singular value" + (", ≥ where it is a bound." if loose else "."),
    )
    yield Column(
        "rank",
        [
            ""
            if s is None or math.isnan(s.stable_rank)
            else spelled("≤" if s.error > _LOOSE else "") + plain(s.stable_rank)
            for s in spectra
        ],
        2,
        says="rank: the stable rank ‖W‖²/σmax².",
    )
    for spec in record.activations:
        yield Column(
            spelled(f"√χ {spec}"),
            [spelled(_rate(tensor, spec)) for tensor in tensors],
            7 if spec == record.activations[0] else 1,
            says=f"√χ {spec}: theory's factor of a gradient a layer, were all layers such."
            if spec == record.activations[0]
            else "",
        )
    if record.flows and record.activations:
        flow = record.flows[0]
        arrives = {
            layer.weight: spelled(factor(float(flow.log10_gradient[at])))
            for at, layer in enumerate(flow.stack.layers)
        }
        yield Column(
            "arrives",
            [arrives.get(tensor.name, "") for tensor in tensors],
            8,
            says=f"arrives: of the loss's gradient, below this layer, with {flow.activation}.",
        )


def _rate(tensor: Tensor, spec: str) -> str:
    log10 = tensor.log10_rates.get(spec, math.nan)
    return "" if math.isnan(log10) else rate(log10)


def _remark(tensor: Tensor) -> tuple[str, str]:
    """What is wrong with a tensor, and what it looks like."""
    facts = tensor.facts
    if facts is None:
        return "", ""
    wrong = []
    if facts.not_finite:
        share = percent(facts.not_finite / tensor.size)
        wrong.append(f"{facts.not_finite:,} not finite, {share}")
    if facts.fans is not None and facts.zero_rows:
        rows = rows_of(tensor)
        wrong.append(
            "all 0" if facts.zero_rows == rows else f"{facts.zero_rows:,} of {rows:,} rows 0"
        )
    if facts.likeness is None or "all 0" in wrong:
        alike = ""
    elif facts.likeness.forms == ("constant",):
        alike = f"all {plain(facts.mean)}"
    else:
        alike = (*facts.likeness.specs, *facts.likeness.forms, "")[0]
    return f"✗ {', '.join(wrong)}" if wrong else "", alike


def _role(tensor: Tensor) -> str:
    return "bad" if _remark(tensor)[0] else ""


def _shortened(names: Sequence[str], room: int) -> list[str]:
    """Names cut to so many cells: their ends, and of their beginnings what tells them apart."""
    if all(len(name) <= room for name in names):
        return list(names)
    for kept in range(room // 2):
        cut = [_end_of(name, room, kept) for name in names]
        if len(set(cut)) == len(set(names)):
            return cut
    return [_end_of(name, room) for name in names]


def _end_of(text: str, room: int, kept: int = 0) -> str:
    """The text, or so many cells of it: of its beginning as many as are kept, and its end."""
    if len(text) <= room:
        return text
    mark = spelled("…")
    return text[:kept] + mark + text[len(text) - (room - kept - len(mark)) :]


def _narrow(text: str) -> str:
    """With an escape for each character that does not take one cell: the columns stay upright."""
    return "".join(
        character
        if unicodedata.east_asian_width(character) not in "WF"
        and not unicodedata.combining(character)
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


# -------------------------------------------------------------------- below it


def _cell(one: Keeping) -> str:
    """The gates of a cell that keep."""
    gates = "forget gates" if one.cell.kind == "lstm" else "update gates z"
    least, most = float(one.bias.min()), float(one.bias.max())
    biases = (
        f"{plain(least)}"
        if least == most
        else f"{plain(one.median)} in the median, {plain(least)} to {plain(most)}"
    )
    return (
        f"{cell_name(one)}: {one.cell.kind.upper()} of {counted(one.cell.units, 'unit')}, bias of "
        f"its {gates} (b_ih + b_hh) {biases}; by it alone half is left after "
        f"{plain(one.half_life)} steps."
    )


def _tied(record: WeightsRecord) -> Iterator[str]:
    """The tensors of several names."""
    for tensor in record.tensors:
        if tensor.also_called:
            others = ", ".join(map(printable, tensor.also_called))
            yield f"{printable(tensor.name)} is also called {others}: one tensor."


def _verdicts(record: WeightsRecord, width: int) -> Iterator[Row]:
    """What becomes of a gradient, what ails tensors, and what next."""
    for at, verdict in enumerate(record.verdicts):
        found = verdict.finding
        yield ()
        yield from _paragraph(f"{found.kind.mark} {found.sentence}", found.kind.role, width)
        # With what they were run is the same for all.
        for part in (found.cause, "" if at else found.evidence):
            yield from _paragraph(part, "", width, "  ")
        yield from _next(verdict.next, width)
    if record.remark:
        yield ()
        yield from _paragraph(record.remark, "warn", width)
    for flaw in record.flaws:
        yield ()
        mark, role = ("✗", "bad") if flaw.wrong else ("!", "warn")
        yield from _paragraph(f"{mark} {flaw.sentence}", role, width)
        yield from _paragraph(flaw.evidence, "", width, "  ")
        yield from _next(flaw.next, width)
    if not record.flaws and not record.verdicts:
        yield ()
        yield from _paragraph(
            "✓ Every number is finite, and no row of weights is zero.", "good", width
        )
    if not isinstance(record.stack, Stack):
        yield ()
        yield from _paragraph(
            f"No plain stack of Linear layers: {record.stack}. So no gradient is run through it.",
            "muted",
            width,
        )


def _paragraph(text: str, role: str, width: int, lead: str = "") -> list[Row]:
    return wrapped(lead + text, width, role, "  ") if text else []


def _next(text: str, width: int) -> Iterator[Row]:
    if text:
        yield from wrapped(f"  next: {text}", width, "key", "  ")
