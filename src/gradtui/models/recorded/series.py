"""Curves of a run that verdicts rest on: norms by step in log10, medians over what is recent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.runs.run import Run, Steps

_BLOCKS = 5_000


class Curve(NamedTuple):
    """One quantity by step, where it was recorded and finite.

    Attributes:
        what: it.
        steps: [n].
        log10: of it [n]; -inf where it is exactly zero.
    """

    what: str
    steps: Steps
    log10: Array

    @property
    def width(self) -> int:
        """Of how many steps each of the medians is."""
        return max(5, len(self.steps) // 50) | 1

    @property
    def medians(self) -> Array:
        """The median about each step [n]: of a fiftieth of the run, 5 steps at least.

        A long run is taken in some 5,000 blocks of steps, each by its own median: to look at
        every step would take as many numbers as the square of the steps.
        """
        n = len(self.steps)
        block = max(n // _BLOCKS, 1)
        values = self.log10
        if block > 1:
            whole = n // block * block
            values = np.median(values[:whole].reshape(-1, block), axis=1)
        width = max(5, len(values) // 50) | 1
        if len(values) < 2 * width:
            return self.log10
        padded = np.pad(values, width // 2, mode="reflect")
        found: Array = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
        return found if block == 1 else found[np.minimum(np.arange(n) // block, len(found) - 1)]


def total_of(run: Run) -> Curve:
    """The norm of the whole gradient: as recorded, else of all layers where they are."""
    if run not in _TOTALS:
        _TOTALS[run] = _total(run)
    return _TOTALS[run]


_TOTALS: WeakKeyDictionary[Run, Curve] = WeakKeyDictionary()
_TOGETHER = 2**20
"""Numbers that are looked at together: what is made of them stays small."""


def _total(run: Run) -> Curve:
    with np.errstate(divide="ignore", invalid="ignore"):
        log10 = np.log10(np.abs(run.total_norm))
    layers = run.log10_gradients
    rows = max(_TOGETHER // max(layers.shape[1], 1), 1)
    for at in range(0, len(layers) if layers.shape[1] else 0, rows):
        some = slice(at, at + rows)
        use = ~np.isnan(layers[some]).any(axis=1) & ~np.isposinf(layers[some]).any(axis=1)
        use &= ~run.recorded["total_norm"][some]
        log10[some][use] = together(layers[some][use])
    return _finite("the gradient's norm", run.steps, log10)


def together(log10: Array) -> Array:
    """log10 of the root of the squares' sum along the last axis; -inf where all are zero."""
    top = log10.max(axis=-1, keepdims=True)
    base = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        whole: Array = base[..., 0] + 0.5 * np.log10((10.0 ** (2.0 * (log10 - base))).sum(axis=-1))
    return whole


def loss_of(run: Run) -> Curve:
    """The loss, where it is above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log10 = np.log10(run.loss)
    return _finite("the loss", run.steps, log10)


def losses_of(run: Run) -> Iterator[Curve]:
    """Every loss by its size, that of one that has been below 0 only where it grows above 0."""
    for at, (name, values) in enumerate(run.losses.items()):
        what = "the loss" if at == 0 else name
        with np.errstate(divide="ignore", invalid="ignore"):
            log10 = np.log10(np.abs(values))
        known = np.isfinite(values)
        if known.any() and (values[known] <= 0.0).any() and not values[known][-1] > 0.0:
            continue
        yield _finite(what, run.steps, log10)


def layer_of(run: Run, index: int) -> Curve:
    """The norm of one layer's gradient."""
    return _finite(run.names[index], run.steps, run.log10_gradients[:, index])


def _finite(what: str, steps: Steps, log10: Array) -> Curve:
    keep = ~np.isnan(log10) & (log10 < np.inf)
    return Curve(what, steps[keep], log10[keep])


_BIAS = re.compile(r"(.*[./_])?(bias|beta|b)(_[hi]h_l\d+(_reverse)?)?")


def is_bias(layer: str) -> bool:
    """Whether it is a bias, by the names that PyTorch, Keras and JAX give one."""
    return _BIAS.fullmatch(layer) is not None


SETTLED = 20
"""Recorded steps after which a run is past its beginning: what starts at 0 has moved by then."""


def beginning(run: Run) -> bool:
    """Whether a training has only begun; one pass of a probe is no training."""
    told = (~np.isnan(run.log10_gradients)).any(axis=1).sum() if run.names else len(run.steps)
    return not run.probed and told < SETTLED


def recent(values: Array) -> Array:
    """The median by layer over the last twentieth of the steps, 5 to 50 [names].

    nan where nothing was recorded there. Of an even number the lower middle, so that an exact
    zero, which is -inf, and a number have one.
    """
    last = values[-min(max(5, len(values) // 20), 50) :]
    found = np.full(values.shape[1], np.nan)
    for index, column in enumerate(last.T):
        known = np.sort(column[~np.isnan(column)])
        if known.size:
            found[index] = known[(known.size - 1) // 2]
    return found
