"""What the derivative view knows: f and f′ of each activation over a range of z."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.activations import Activation, activation
from gradtui.mathematics.elementwise import Array
from gradtui.progress import Tick
from gradtui.setup import Setup

POINTS = 481


@dataclass(frozen=True, eq=False)
class Derivatives:
    """f and f′ of each activation on a common grid of z."""

    setup: Setup
    z: Array
    activations: tuple[Activation, ...]
    values: tuple[Array, ...]
    slopes: tuple[Array, ...]


def run(setup: Setup, tick: Tick) -> Iterator[Derivatives]:
    """One exact result."""
    chosen = tuple(activation(name) for name in setup.activations)
    z = np.linspace(*setup.slope.z_range, POINTS)
    yield Derivatives(
        setup, z, chosen, tuple(f(z) for f in chosen), tuple(f.derivative(z) for f in chosen)
    )
