"""Random stacks of blocks: the weights and biases of every matrix, drawn after a recipe.

Glossary: L the number of blocks, n the units of the stream, m those inside a branch; n_in and
n_out the units below and above a matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.families import Block
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.blocks.records import (
    BatchNorm,
    Elementwise,
    Gated,
    Layer,
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
)
from gradtui.mathematics.blocks.steps import Activated, Matrix, Normed, Step
from gradtui.mathematics.initialisation.draw import checked_seed, fill
from gradtui.mathematics.initialisation.recipes import Fans
from gradtui.mathematics.initialisation.record import (
    Critical,
    Initialisation,
    LayerSigmas,
    checked_width,
    initialisation,
)
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.progress import unwatched


class RandomBlocks(Sequence[Layer]):
    """The layers of L blocks, made whenever they are asked for, the same each time.

    Block l has a generator of its own, PCG64 on the l-th child of the seed, as layer l of
    `random_network` has: the matrix of a block with only one is that of the plain layer.

    Attributes:
        block: which blocks.
        activation: f.
        units: n.
        depth: L.
        each: how many layers a block is.
    """

    def __init__(
        self,
        spec: str | Block,
        scheme: str | Initialisation,
        activation: str | Activation,
        units: int,
        depth: int,
        seed: int,
        *,
        critical: Critical = critical_sigma_w2,
    ) -> None:
        """Make none of them yet.

        Args:
            spec: a block or its text form.
            scheme: a recipe or its text form, such as `xavier_normal(gain=5/3)`.
            activation: f, from which σ_w² of `critical` follows.
            units: n, a whole number from 1 to 4,096.
            depth: L, from 1 to 10,000.
            seed: a whole number from 0 up.
            critical: what gives σ_w² for the recipe of that name, from an activation and σ_b².

        Raises:
            InputError: for what cannot be drawn.
        """
        self.block, self.activation = block(spec), activation
        self.units, self.depth = checked_width(units), depth
        if not isinstance(depth, int) or not 1 <= depth <= MAX_NETWORK_DEPTH:
            raise InputError(
                "depth", depth, f"a whole number from 1 to {MAX_NETWORK_DEPTH:,}", "try 24"
            )
        self._inner = self.block.inner(self.units)
        self._recipe = initialisation(scheme)
        self._values = self._recipe.parameters(activation, critical)
        self._steps = self.block.steps(depth)
        self._seeds = checked_seed(seed).spawn(depth)
        self._last: tuple[int, tuple[Layer, ...]] | None = None

    @cached_property
    def each(self) -> int:
        """How many layers a block is: the residual one and what comes after, or its steps."""
        return len(self._steps.branch if self._steps.scale is None else (1, *self._steps.after))

    def __len__(self) -> int:
        return self.depth * self.each

    def __getitem__(self, index: int) -> Layer:  # type: ignore[override]  # no slices
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        at, within = divmod(index % len(self), self.each)
        return self.made(at)[within]

    def made(self, at: int) -> tuple[Layer, ...]:
        """The layers of one block, counted from 0; only those made last are kept."""
        if self._last is None or self._last[0] != at:
            self._last = None  # its memory is for the next
            self._last = at, self._make(at)
        return self._last[1]

    def kept(self) -> list[Layer]:
        """All of them."""
        return [layer for at in range(self.depth) for layer in self._make(at)]

    @property
    def activated(self) -> int:
        """The step of a branch that is its last activation."""
        steps = self._steps.branch
        return max(at for at, step in enumerate(steps) if isinstance(step, Activated))

    @property
    def matrices(self) -> tuple[int, ...]:
        """The steps of a branch that are matrices."""
        return tuple(at for at, step in enumerate(self._steps.branch) if isinstance(step, Matrix))

    def name(self, at: int, step: int) -> str:
        """What `network_flow` calls a step of the branch of a block, both counted from 0."""
        first = at * self.each
        return str(first + step) if self._steps.scale is None else f"{first}.branch.{step}"

    def _make(self, at: int) -> tuple[Layer, ...]:
        rng = np.random.Generator(np.random.PCG64(self._seeds[at]))
        first = at == 0
        layers = [self._layer(step, rng, first) for step in self._steps.branch]
        if self._steps.scale is None:
            return tuple(layers)
        after = [self._layer(step, rng, first) for step in self._steps.after]
        return (Residual(tuple(layers), self._steps.scale), *after)

    def _layer(self, step: Step, rng: np.random.Generator, first: bool) -> Layer:
        if isinstance(step, Matrix):
            return self._matrix(step, rng, first)
        if isinstance(step, Normed):
            weight = None if step.weight == 1.0 else np.full(self.units, step.weight)
            if step.norm == "rms":
                return RMSNorm(weight, step.eps)
            return (LayerNorm if step.norm == "layer" else BatchNorm)(weight, None, step.eps)
        return Gated(self.activation) if step.gated else Elementwise(self.activation)

    def _matrix(self, step: Matrix, rng: np.random.Generator, first: bool) -> Linear:
        into, out = (self.units if side == "n" else self._inner for side in step.inside)
        draw = self._recipe.scheme.draw(Fans(into, out, first=first), self._values)
        w, b = np.zeros((out * (1 + step.gated), into)), np.zeros(out * (1 + step.gated))
        for start in range(0, len(b), out):
            half = slice(start, start + out)
            fill(w[half], rng, draw.weights, draw.scale, unwatched)
            fill(b[half, None], rng, draw.biases, draw.bias_scale, unwatched)
        if step.factor != 1.0:
            w *= step.factor
        if step.factor == 0.0:
            b[:] = 0.0
        return Linear(w, b if draw.bias_scale > 0.0 else None)


def sigmas_of_blocks(
    spec: str | Block,
    scheme: str | Initialisation,
    activation: str | Activation,
    units: int,
    depth: int,
    *,
    critical: Critical = critical_sigma_w2,
) -> LayerSigmas:
    """The variances that a recipe gives to every matrix of L blocks, of each block in order [L·k].

    Before a block's own factors; where n_in and n_out differ a recipe may give others to them.

    Raises:
        InputError: for what cannot be drawn.
    """
    one, recipe, n = block(spec), initialisation(scheme), checked_width(units)
    values, m = recipe.parameters(activation, critical), one.inner(n)
    wide = {"n": n, "m": m}
    of_first, of_others = (
        [
            Fans(wide[into], wide[out], first=first)
            for into, out in (s.inside for s in one.steps(depth).branch if isinstance(s, Matrix))
        ]
        for first in (True, False)
    )
    every = [*of_first, *of_others * (depth - 1)]
    known = {fans: recipe.scheme.draw(fans, values) for fans in {*every}}
    w = np.array([known[fans].sigma_w2(fans) for fans in every])
    b = np.array([known[fans].bias_scale ** 2 for fans in every])
    return LayerSigmas(w, b, known[every[0]].weights)
