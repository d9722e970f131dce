"""Random networks: the weights and biases of every layer, drawn after a recipe.

Glossary: L depth, l layer (1 … L), n_l width, W_l weights [n_l, n_{l-1}], b_l biases [n_l], n_in
and n_out the units below and above a layer, Q a matrix with orthonormal columns, or rows where it
is wide.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.recipes import TRUNCATED_STD, Fans
from gradtui.mathematics.initialisation.record import (
    Critical,
    Initialisation,
    checked_width,
    initialisation,
)
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.network.on_demand import OnDemand
from gradtui.mathematics.pieces import MULTIPLICATIONS, spans, turn
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.progress import Tick, part, unwatched

_AT_ONCE = 2**20
"""So many numbers are drawn in one step."""
_REFLECTIONS = 64
"""So many reflections are put together in one product of matrices."""


class RandomNetwork(NamedTuple):
    """W_1 … W_L, each [n_l, n_{l-1}], and b_1 … b_L, each [n_l]; None for no biases."""

    weights: Sequence[Array]
    biases: Sequence[Array] | None


def random_network(
    widths: Sequence[int],
    scheme: str | Initialisation,
    activation: str | Activation,
    seed: int,
    *,
    critical: Critical = critical_sigma_w2,
    tick: Tick = unwatched,
) -> RandomNetwork:
    """Draw the weights and biases of a network.

    Layer l has a generator of its own, PCG64 on the l-th child of the seed, so that a deeper
    network begins like a shallower one; for a given NumPy it is reproducible to the bit.

    Args:
        widths: n_0 … n_L: 2 to 10,001 whole numbers from 1 to 4,096.
        scheme: a recipe or its text form, such as `xavier_normal(gain=5/3)`.
        activation: the activation, from which σ_w² of `critical` follows.
        seed: a whole number from 0 up.
        critical: what gives σ_w² for the recipe of that name, from an activation and σ_b².
        tick: told the share that is done, a layer or a part of a large one at a time.

    Raises:
        InputError: an unknown recipe, a width, depth or seed out of range, or more memory than
            there is.
    """
    layers = _Layers(widths, scheme, activation, seed, critical)
    _refuse_memory(layers.widths)
    depth = len(layers.draws)
    weights, biases = [], []
    for layer in range(depth):
        w, b = layers.drawn(layer, turn(tick, layer, depth))
        weights.append(w)
        biases.append(b)
        tick((layer + 1) / depth)
    return RandomNetwork(weights, biases if layers.biased else None)


def network_on_demand(
    widths: Sequence[int],
    scheme: str | Initialisation,
    activation: str | Activation,
    seed: int,
    *,
    critical: Critical = critical_sigma_w2,
) -> RandomNetwork:
    """The very network that `random_network` draws, its layers drawn whenever they are asked for.

    Only the last of them is kept; see `random_network` for the arguments and the errors.
    """
    layers = _Layers(widths, scheme, activation, seed, critical)
    weights = OnDemand(layers.widths, layers.drawn)
    return RandomNetwork(weights, weights.vectors if layers.biased else None)


class _Layers:
    """How each layer is drawn.

    Attributes:
        widths: n_0 … n_L.
        draws: the distributions of each layer.
    """

    def __init__(
        self,
        widths: Sequence[int],
        scheme: str | Initialisation,
        activation: str | Activation,
        seed: int,
        critical: Critical,
    ) -> None:
        recipe = initialisation(scheme)
        self.widths = _checked_widths(widths)
        values = recipe.parameters(activation, critical)
        self.draws = [
            recipe.scheme.draw(Fans(n_in, n_out, first=layer == 0), values)
            for layer, (n_in, n_out) in enumerate(itertools.pairwise(self.widths))
        ]
        self._seeds = checked_seed(seed).spawn(len(self.draws))

    @property
    def biased(self) -> bool:
        """Whether any layer has biases."""
        return any(draw.bias_scale > 0.0 for draw in self.draws)

    def drawn(self, layer: int, tick: Tick) -> tuple[Array, Array]:
        """W_l and b_l, l counted from 0: the same each time."""
        rng = np.random.Generator(np.random.PCG64(self._seeds[layer]))
        n_in, n_out = self.widths[layer : layer + 2]
        draw = self.draws[layer]
        w, b = np.zeros((n_out, n_in)), np.zeros(n_out)
        fill(w, rng, draw.weights, draw.scale, tick)
        fill(b[:, None], rng, draw.biases, draw.bias_scale, unwatched)
        return w, b


def checked_seed(seed: int) -> np.random.SeedSequence:
    """A seed, or an error."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError("seed", seed, "a whole number from 0 up", "try 0")
    return np.random.SeedSequence(int(seed))


def fill(out: Array, rng: np.random.Generator, distribution: str, scale: float, tick: Tick) -> None:
    """Fill a matrix of zeros from a distribution of mean 0 and that standard deviation, or g·Q."""
    if scale == 0.0:
        return
    if distribution == "orthogonal":
        _haar(out, rng, tick)
        out *= scale
        return
    for rows in spans(len(out), max(_AT_ONCE // out.shape[1], 1), tick):
        block = out[rows]
        if distribution == "truncated":
            _truncated(block, rng)
            block *= scale
        elif distribution == "uniform":
            c = math.sqrt(3.0) * scale
            rng.random(out=block)
            block *= 2.0 * c
            block -= c
        else:
            rng.standard_normal(out=block)
            block *= scale


def _truncated(out: Array, rng: np.random.Generator) -> None:
    """Fill with standard normal numbers that are cut off at ±2, divided by what their std is then.

    Those beyond are drawn anew, as long as there are any.
    """
    rng.standard_normal(out=out)
    while (beyond := (out > 2.0) | (out < -2.0)).any():
        out[beyond] = rng.standard_normal(np.count_nonzero(beyond))
    out /= TRUNCATED_STD


def _haar(out: Array, rng: np.random.Generator, tick: Tick) -> None:
    """Make of zeros a Q with orthonormal columns, or rows if it is wide, uniform as Haar has it.

    A product of Householder reflections of Gaussian vectors, each a number shorter than the last
    (Stewart, SIAM J. Numer. Anal. 17, 1980), with the signs that make it uniform (Mezzadri,
    Notices of the AMS 54, 2007): the Q of a Gaussian matrix, without that matrix. They are put
    together in blocks, I - V T Vᵀ with T⁻¹ the upper triangle of VᵀV, its diagonal halved
    (Joffrain et al., ACM TOMS 32, 2006), from the last block to the first.
    """
    q = out if len(out) >= out.shape[1] else out.T
    n, columns = q.shape
    for start in reversed(range(0, columns, _REFLECTIONS)):
        k = min(_REFLECTIONS, columns - start)
        v = np.tril(rng.standard_normal((n - start, k)))
        diagonal = np.arange(k)
        sign = np.where(v[diagonal, diagonal] < 0.0, -1.0, 1.0)
        v[diagonal, diagonal] += sign * np.linalg.norm(v, axis=0)
        v /= np.linalg.norm(v, axis=0)
        t = np.linalg.inv(np.triu(v.T @ v, 1) + 0.5 * np.eye(k))
        corner = q[start:, start:]
        corner[diagonal, diagonal] = -sign
        vt = v @ t
        done, share = 1.0 - ((start + k) / columns) ** 2, k * (2 * start + k) / columns**2
        each = max(1, MULTIPLICATIONS // (2 * v.size))
        for some in spans(corner.shape[1], each, part(tick, done, share)):
            corner[:, some] -= vt @ (v.T @ corner[:, some])
        if start:
            tick(done + share)


def _checked_widths(widths: Sequence[int]) -> list[int]:
    """Widths that a network can have."""
    listed = isinstance(widths, Sequence | np.ndarray) and not isinstance(widths, str | bytes)
    if not listed or (isinstance(widths, np.ndarray | memoryview) and widths.ndim != 1):
        raise InputError("widths", widths, "a list of widths, n_0 … n_L", "try [64] * 51")
    n = [checked_width(width) for width in widths]
    if not 2 <= len(n) <= MAX_NETWORK_DEPTH + 1:
        raise InputError(
            "widths",
            f"{len(n)} of them",
            f"2 to {MAX_NETWORK_DEPTH + 1:,} widths: the input's and one a layer",
            "give the input's width and then one a layer",
        )
    return n


def _refuse_memory(n: list[int]) -> None:
    """Refuse weights that do not fit into memory, beside a few copies of the largest matrix."""
    sizes = [above * (below + 1) for below, above in itertools.pairwise(n)]
    need = 8.0 * (sum(sizes) + 4 * max(sizes))
    refuse_beyond_memory(
        "widths",
        f"{len(sizes):,} layers up to {max(n):,} wide",
        need,
        lambda free: (
            f"{max(int(free / need * len(sizes)), 1):,} such layers would fit, "
            f"or a width of about {max(int(math.sqrt(free / need) * max(n)), 1):,}"
        ),
    )
