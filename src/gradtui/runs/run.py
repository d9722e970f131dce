"""A run as it was recorded: what its files say, step by step and layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gradtui.mathematics.elementwise import Array

Steps = NDArray[np.int64]
Mask = NDArray[np.bool_]


LOSSES = "losses/"
"""What stands before a loss's name in `Run.recorded`."""


@dataclass(frozen=True, eq=False)
class Run:
    """What was recorded of a run. Arrays are float64 and read-only.

    A number by step is as the file has it, nan and inf too, and nan where nothing was recorded:
    `recorded` tells the two apart. By layer there is log10 of the norm: nan where nothing was
    recorded, +inf where the norm is not finite, -inf where it is exactly zero.

    Attributes:
        steps: [n], strictly increasing.
        names: the layers, in forward order.
        order: where that order is from: "recorded", "file", or "sorted" by name.
        log10_gradients, log10_weights, log10_updates: [n, names]; the last two None if the file
            has nothing of them.
        loss, total_norm: [n].
        learning_rate, loss_scale: [n], or None if the file has none.
        skipped: how many steps a loss scaler skipped [n], or None.
        clip: the norm to which the gradient is clipped [n], or None.
        clipped: the share of steps, or per cent, that was clipped, as the file has it [n], or None.
        losses: every loss in the file by its name, that of `loss` first.
        recorded: masks [n] by the name of the attribute, "loss" to "clipped", and of each of the
            losses by "losses/" and its name.
        shares: of a recording of gradtui's own: by what is shared, [n, names].
        units: of a recording of gradtui's own: by what is told, and module, [n].
        dtypes: in which type the weights of a layer are stored, where a recording tells that.
        source: the format, in words.
        probed: it is one pass of a probe, and no training.
        approximate: some norm by layer is known within a bin of a histogram only.
        notes: what is to be known of the file, in sentences.
    """

    steps: Steps
    names: tuple[str, ...]
    order: str
    log10_gradients: Array
    log10_weights: Array | None
    log10_updates: Array | None
    loss: Array
    total_norm: Array
    learning_rate: Array | None
    loss_scale: Array | None
    skipped: Array | None
    clip: Array | None
    clipped: Array | None
    losses: Mapping[str, Array]
    recorded: Mapping[str, Mask]
    source: str
    probed: bool = False
    approximate: bool = False
    shares: Mapping[str, Array] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    dtypes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def not_finite(self, name: str) -> Mask:
        """Where a number by step, such as "loss" or "total_norm", was recorded as nan or inf."""
        values = getattr(self, name)
        if values is None:
            return np.zeros(len(self.steps), bool)
        bad: Mask = self.recorded[name] & ~np.isfinite(values)
        return bad
