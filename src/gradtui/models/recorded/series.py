"""Curves of a run that verdicts rest on: norms by step in log10, medians over what is recent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.runs.run import Run, Steps


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
    def medians(self) -> Array:
        """The median about each step [n]: of a fiftieth of the run, 5 steps at least.

        Of a long run it is that of the nearest of some 1,600 steps: next to none is lost, and all
        of them would take thirty times as long.
        """
        n = len(self.steps)
        width = max(5, n // 50) | 1
        if n < 2 * width:
            return self.log10
        stride = max(width // 32, 1)
        padded = np.pad(self.log10, width // 2, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, width)[::stride]
        nearest = np.minimum((np.arange(n) + stride // 2) // stride, len(windows) - 1)
        found: Array = np.median(windows, axis=1)[nearest]
        return found


def total_of(run: Run) -> Curve:
    """The norm of the whole gradient: as recorded, else of all layers where they are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log10 = np.log10(np.abs(run.total_norm))
    layers = run.log10_gradients
    if layers.shape[1]:
        use = np.isfinite(layers).any(axis=1) & ~np.isnan(layers).any(axis=1)
        use &= ~np.isposinf(layers).any(axis=1) & ~run.recorded["total_norm"]
        top = layers[use].max(axis=1)
        log10[use] = top + 0.5 * np.log10(
            (10.0 ** (2.0 * (layers[use] - top[:, None]))).sum(axis=1)
        )
    return _finite("the gradient's norm", run.steps, log10)


def loss_of(run: Run) -> Curve:
    """The loss, where it is above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log10 = np.log10(run.loss)
    return _finite("the loss", run.steps, log10)


def layer_of(run: Run, index: int) -> Curve:
    """The norm of one layer's gradient."""
    return _finite(run.names[index], run.steps, run.log10_gradients[:, index])


def _finite(what: str, steps: Steps, log10: Array) -> Curve:
    keep = ~np.isnan(log10) & (log10 < np.inf)
    return Curve(what, steps[keep], log10[keep])


def is_bias(layer: str) -> bool:
    """Whether it is a bias, by its name."""
    return layer.endswith("bias")


def recent(values: Array) -> Array:
    """The median by layer over the last twentieth of the steps, 5 at least [names].

    nan where nothing was recorded there. Of an even number the lower middle, so that an exact
    zero, which is -inf, and a number have one.
    """
    last = values[-max(5, len(values) // 20) :]
    found = np.full(values.shape[1], np.nan)
    for index, column in enumerate(last.T):
        known = np.sort(column[~np.isnan(column)])
        if known.size:
            found[index] = known[(known.size - 1) // 2]
    return found
