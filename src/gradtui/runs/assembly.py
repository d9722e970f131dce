"""A run from what was collected of its file: steps merged, layers in order, logarithms taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np

from gradtui.errors import InputError, printable
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.runs.keys import BY_LAYER, UNLISTED, Kind, Role, order
from gradtui.runs.notes import Notes
from gradtui.runs.order import forward, natural
from gradtui.runs.run import LOSSES, Mask, Run, Steps
from gradtui.runs.sheet import Column, Sheet

SERIES = (
    Kind.LOSS,
    Kind.TOTAL,
    Kind.RATE,
    Kind.SCALE,
    Kind.SKIPPED,
    Kind.CLIP,
    Kind.CLIPPED,
)
_LONGEST_NAME = 200
_Kept = TypeVar("_Kept", Array, Steps)


_Found = tuple[bool, int, Role, str, Column]


def _counts_first(found: _Found) -> tuple[bool, int, int]:
    """An exact norm goes before one from a histogram's bins, and loss before train_loss."""
    approximate, rank, _, key, _ = found
    return approximate, rank, len(key) if rank < UNLISTED else 0


class _Meant:
    """The columns of a sheet by what they mean."""

    def __init__(self, sheet: Sheet, notes: Notes) -> None:
        self.series: dict[Kind, list[tuple[str, Column]]] = {kind: [] for kind in SERIES}
        self.layers: dict[Kind, dict[str, Column]] = {kind: {} for kind in BY_LAYER}
        found: list[_Found] = []
        for key, column in sheet.columns.items():
            what = column.role
            if what is None:
                continue
            if column.strange:
                said = f"Left out of {_clean(key)} as no numbers: {{value|values}}."
                notes.add(said, column.strange)
            if len(column.values):
                if (of := order(key)) != "2":
                    notes.add(f"The gradients' norms are of order {of}, not 2.")
                found.append((column.approximate, what.rank, what, key, column))
        for *_, what, key, column in sorted(found, key=_counts_first):
            if what.kind in BY_LAYER:
                self._layer(notes, what, column)
            elif what.kind in self.series:
                self.series[what.kind].append((_clean(key), column))

    def _layer(self, notes: Notes, what: Role, column: Column) -> None:
        """One more layer, if its numbers are norms."""
        layer = _clean(what.layer)
        if layer in self.layers[what.kind]:
            return
        if np.any(np.frombuffer(column.values) < 0.0):
            notes.add(f"{layer} has negative values, which norms never are: left out.")
            return
        self.layers[what.kind][layer] = column

    def columns(self) -> Iterable[Column]:
        """Those that mean something."""
        for named in self.series.values():
            yield from (column for _, column in named)
        for by_layer in self.layers.values():
            yield from by_layer.values()


def run_of(sheet: Sheet, path: str) -> Run:
    """The run that a sheet holds by now: it is left as it is, and more may be read into it.

    Raises:
        InputError: nothing of it is a loss or a gradient's norm, or it doesn't fit in memory.
    """
    notes = sheet.notes.copy()
    meant = _Meant(sheet, notes)
    useful = meant.series[Kind.LOSS] or meant.series[Kind.TOTAL] or meant.layers[Kind.GRADIENT]
    if not useful:
        raise _nothing(sheet, path)
    beside = (*sheet.shares.values(), *sheet.units.values())
    steps = _steps([*meant.columns(), *(one for named in beside for one in named.values())])
    names, order_of = _names(sheet, meant)
    _refuse_too_large(steps, names, meant, path)
    repeats = _Repeats()
    series, recorded = _series(meant, steps, repeats)
    losses = _losses(meant, series, recorded, steps, repeats)
    by_layer = {
        kind: _logarithms(columns, names, steps, repeats) if columns else None
        for kind, columns in meant.layers.items()
    }
    gradients = by_layer[Kind.GRADIENT]
    repeats.tell(notes)
    _tell(sheet, meant, notes)
    return Run(
        steps=_fixed(steps),
        names=names,
        order=order_of,
        log10_gradients=_unrecorded(steps, names) if gradients is None else gradients,
        log10_weights=by_layer[Kind.WEIGHT],
        log10_updates=by_layer[Kind.UPDATE],
        loss=_or_none_recorded(series, Kind.LOSS, steps),
        total_norm=_or_none_recorded(series, Kind.TOTAL, steps),
        learning_rate=series[Kind.RATE],
        loss_scale=series[Kind.SCALE],
        skipped=series[Kind.SKIPPED],
        clip=series[Kind.CLIP],
        clipped=series[Kind.CLIPPED],
        losses=losses,
        recorded=recorded,
        source=sheet.source,
        probed=sheet.probed,
        approximate=any(c.approximate for c in meant.layers[Kind.GRADIENT].values()),
        shares=_shares(sheet, names, steps),
        units=_units(sheet, steps),
        dtypes={_clean(name): _clean(dtype) for name, dtype in sheet.dtypes.items()},
        notes=notes.sentences,
    )


def _refuse_too_large(steps: Steps, names: tuple[str, ...], meant: _Meant, path: str) -> None:
    """Raise an `InputError` where the run's arrays won't fit."""
    tables = 1 + bool(meant.layers[Kind.WEIGHT]) + bool(meant.layers[Kind.UPDATE])
    refuse_beyond_memory(
        "path",
        f"{len(steps):,} steps of {len(names):,} layers in {path}",
        8.0 * len(steps) * (len(names) * tables + len(SERIES)),
        lambda free: "read a shorter part of it",
    )


def _series(
    meant: _Meant, steps: Steps, repeats: _Repeats
) -> tuple[dict[Kind, Array | None], dict[str, Mask]]:
    """What is told by step, None where nothing is, and where it was recorded."""
    series: dict[Kind, Array | None] = {}
    recorded: dict[str, Mask] = {}
    for kind, named in meant.series.items():
        series[kind], recorded[kind.value] = (
            _dense(named[0][1], steps, repeats) if named else (None, np.zeros(len(steps), bool))
        )
    return series, recorded


def _losses(
    meant: _Meant,
    series: Mapping[Kind, Array | None],
    recorded: dict[str, Mask],
    steps: Steps,
    repeats: _Repeats,
) -> dict[str, Array]:
    """Every loss by its name, the one that is shown first; where it was, goes into `recorded`."""
    losses = {}
    for at, (name, column) in enumerate(meant.series[Kind.LOSS]):
        first = series[Kind.LOSS] if at == 0 else None
        if first is None:
            losses[name], recorded[f"{LOSSES}{name}"] = _dense(column, steps, repeats)
        else:
            losses[name], recorded[f"{LOSSES}{name}"] = first, recorded[Kind.LOSS.value]
    return losses


def _nothing(sheet: Sheet, path: str) -> InputError:
    """The error for a file of which nothing can be drawn."""
    keys = [_clean(key)[:40] for key in (*sheet.columns, *sheet.others)][:6]
    has = f"; it has {', '.join(keys)}" if keys else ""
    return InputError(
        "path",
        path,
        f"a run with a loss or gradient norms by step (read as {sheet.source}{has})",
        "log grad_norm, or grad_norm/LAYER for each layer, and a step",
    )


def _clean(name: str) -> str:
    """A name that may be shown, of bounded length."""
    text = printable(name.strip())
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def _steps(columns: Iterable[Column]) -> Steps:
    """Every step of some columns, once, rising."""
    known: list[Steps] = []
    for column in columns:
        own = np.frombuffer(column.steps, np.int64)
        rising = own if np.all(own[1:] > own[:-1]) else np.unique(own)
        if not any(len(rising) == len(one) and np.array_equal(rising, one) for one in known[-2:]):
            known.append(rising)
        if len(known) > 8:
            known = [np.unique(np.concatenate(known))]
    return known[0].copy() if len(known) == 1 else np.unique(np.concatenate(known))


class _Repeats:
    """How often a step came again, and where the steps went back."""

    def __init__(self) -> None:
        self.most = 0
        self.back: tuple[int, int] | None = None

    def see(self, steps: Steps, kept: int) -> None:
        """One column's steps, of which so many are kept."""
        self.most = max(self.most, len(steps) - kept)
        if self.back is None and len(steps):
            falls = np.flatnonzero(steps[1:] < steps[:-1])
            if len(falls):
                self.back = int(steps[falls[0]]), int(steps[falls[0] + 1])

    def tell(self, notes: Notes) -> None:
        """What there is to say."""
        if self.back is not None:
            before, after = self.back
            notes.add(f"The steps go back from {before:,} to {after:,}, as after a resume.")
        if self.most:
            times = "once" if self.most == 1 else f"{self.most:,} times"
            notes.add(f"A step is told again {times}: the later value is kept.")


def _dense(column: Column, steps: Steps, repeats: _Repeats) -> tuple[Array, Mask]:
    """A value for each step, nan where none was recorded, and where one was."""
    own = np.frombuffer(column.steps, np.int64)
    values = np.frombuffer(column.values)
    if len(own) == len(steps) and np.array_equal(own, steps):
        return _fixed(values.copy()), np.ones(len(steps), bool)
    at = np.searchsorted(steps, own)
    mask = np.zeros(len(steps), bool)
    mask[at] = True
    dense = np.full(len(steps), np.nan)
    dense[at] = values  # of those for one place the last stays
    repeats.see(own, int(mask.sum()))
    return _fixed(dense), mask


def _logarithms(
    columns: Mapping[str, Column], names: tuple[str, ...], steps: Steps, repeats: _Repeats
) -> Array:
    """log10 of the norms [n, names]."""
    table = _blank(steps, names)
    place = {name: at for at, name in enumerate(names)}
    for name, column in columns.items():
        values, mask = _dense(column, steps, repeats)
        with np.errstate(divide="ignore", invalid="ignore"):
            log10 = np.log10(values)
        log10[mask & ~np.isfinite(values)] = np.inf
        table[:, place[name]] = log10
    return _fixed(table)


def _names(sheet: Sheet, meant: _Meant) -> tuple[tuple[str, ...], str]:
    """The layers in forward order, and where that is from."""
    seen = {name: None for kind in BY_LAYER for name in meant.layers[kind]}
    recorded = tuple(dict.fromkeys(map(_clean, sheet.names)))
    if recorded:
        rest = sorted(seen.keys() - set(recorded), key=natural)
        return (*recorded, *rest), "recorded"
    in_file = {name: None for key in sheet.columns if (name := _layer_of(sheet, key)) in seen}
    names, of_file = forward(list(in_file))
    return names, "file" if of_file else "sorted"


def _layer_of(sheet: Sheet, key: str) -> str:
    """Whose norm a column is."""
    what = sheet.columns[key].role
    return "" if what is None else _clean(what.layer)


def _tell(sheet: Sheet, meant: _Meant, notes: Notes) -> None:
    """What the arrays don't say."""
    if sheet.counted:
        notes.add("No step is recorded: rows are counted.")
    if sheet.within_epochs:
        notes.add("Steps begin anew in each epoch: they are carried on.")
    others = [name for name, _ in meant.series[Kind.LOSS][1:]]
    if others:
        first = meant.series[Kind.LOSS][0][0]
        more = f" and {len(others) - 3:,} more" if len(others) > 3 else ""
        notes.add(f"The loss shown is {first}; there is also {', '.join(others[:3])}{more}.")


def _shares(sheet: Sheet, names: tuple[str, ...], steps: Steps) -> dict[str, Array]:
    """What a recording tells by parameter beside norms."""
    tables = {}
    for what, columns in sheet.shares.items():
        table = _blank(steps, names)
        for at, name in enumerate(names):
            if name in columns:
                table[:, at] = _dense(columns[name], steps, _Repeats())[0]
        tables[what] = _fixed(table)
    return tables


def _units(sheet: Sheet, steps: Steps) -> dict[str, dict[str, Array]]:
    """What a recording tells by module."""
    return {
        what: {_clean(name): _dense(one, steps, _Repeats())[0] for name, one in columns.items()}
        for what, columns in sheet.units.items()
    }


def _blank(steps: Steps, names: tuple[str, ...]) -> Array:
    # A layer's numbers lie together: they are written, and mostly read, by layer.
    return np.full((len(names), len(steps)), np.nan).T


def _unrecorded(steps: Steps, names: tuple[str, ...]) -> Array:
    return _fixed(_blank(steps, names))


def _or_none_recorded(series: Mapping[Kind, Array | None], kind: Kind, steps: Steps) -> Array:
    values = series[kind]
    return _fixed(np.full(len(steps), np.nan)) if values is None else values


def _fixed(values: _Kept) -> _Kept:
    """The same, read-only."""
    values.setflags(write=False)
    return values
