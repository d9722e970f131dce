"""Random networks: a recipe by its name and parameters, what it means in theory, and drawing.

Glossary: L depth, l layer (1 … L), n_l width, W_l weights [n_l, n_{l-1}], b_l biases [n_l], n_in
and n_out the units below and above a layer, f the activation function, g the gain, σ_w and σ_b the
scales of mean-field theory, Q a matrix with orthonormal columns, or rows where it is wide.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from gradtui.errors import InputError, nearest
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.recipes import INITIALISATIONS, Scheme, Values
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.network.arrays import MAX_DEPTH
from gradtui.mathematics.spec import format_spec, parse_spec
from gradtui.mathematics.steps import finish
from gradtui.mathematics.wide.mean_field import critical_sigma_w2

MAX_WIDTH = 4_096

_AT_ONCE = 2**20
"""So many numbers are drawn in one step."""
_REFLECTIONS = 64
"""So many reflections are put together in one product of matrices."""

Critical = Callable[[Activation, float], float]
"""The critical σ_w² for an activation and σ_b²."""


@dataclass(frozen=True)
class Initialisation:
    """A recipe with parameters given; two with the same `spec` are equal.

    Attributes:
        spec: the text form, which `initialisation` reads back.
        scheme: the recipe.
        given: the parameters that do not follow from the activation or from their defaults.
    """

    spec: str
    scheme: Scheme = field(compare=False, repr=False)
    given: Values = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name without parameters."""
        return self.scheme.name

    def parameters(
        self,
        activation: str | Activation,
        critical: Critical = critical_sigma_w2,
    ) -> dict[str, float]:
        """Every parameter: as given, else as it follows from the activation, else its default.

        Args:
            activation: f.
            critical: the critical σ_w² for f and σ_b².

        Raises:
            InputError: where σ_w² is to be critical, and there is none that is.
        """
        f = as_activation(activation)
        values = {p.name: self.given.get(p.name, p.default) for p in self.scheme.parameters}
        for name in self.scheme.derived:
            if name in self.given:
                continue
            values[name] = gain(f) if name == "gain" else critical(f, values["sigma_b2"])
        return values


class RandomNetwork(NamedTuple):
    """W_1 … W_L, each [n_l, n_{l-1}], and b_1 … b_L, each [n_l]; None for no biases."""

    weights: list[Array]
    biases: list[Array] | None


def gain(activation: str | Activation) -> float:
    """What `torch.nn.init.calculate_gain` recommends for an activation, and 1 where it has none.

    Identity and sigmoid 1, tanh 5/3, ReLU √2, a leaky ReLU of slope a √(2/(1 + a²)), SELU 3/4
    (PyTorch 2.13).
    """
    f = as_activation(activation)
    if f.name in ("leaky_relu", "prelu", "rrelu"):
        return math.sqrt(2.0 / (1.0 + f(-1.0) ** 2))
    return {"tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75}.get(f.name, 1.0)


def initialisation(spec: str | Initialisation) -> Initialisation:
    """The recipe that `spec` names, with the parameters it gives.

    Args:
        spec: "kaiming_normal", "kaiming_normal(gain=1.414)", "normal(1.2, 0.1)", or a recipe.

    Raises:
        InputError: for an unknown name or parameter, or a value out of its range.
    """
    if isinstance(spec, Initialisation):
        return spec
    if not isinstance(spec, str):
        raise InputError(
            "init", spec, "the name of an initialisation", "for example kaiming_normal"
        )
    parsed = parse_spec("init", spec)
    scheme = INITIALISATIONS.get(parsed.name)
    if scheme is None:
        alias = tuple(
            name for name in INITIALISATIONS if parsed.name in INITIALISATIONS[name].also_called
        )
        near = alias or nearest(parsed.name, INITIALISATIONS)
        raise InputError(
            "init",
            parsed.name,
            "a known initialisation",
            f"did you mean {', '.join(near)}?"
            if near
            else f"there are: {', '.join(INITIALISATIONS)}",
        )
    values = parsed.bind(f"{scheme.name} parameter", tuple(p.name for p in scheme.parameters))
    given = {
        p.name: p.checked(scheme.name, values[p.name])
        for p in scheme.parameters
        if p.name in values and (p.name in scheme.derived or values[p.name] != p.default)
    }
    return Initialisation(format_spec(scheme.name, given), scheme, MappingProxyType(given))


# --------------------------------------------------------------------- drawing


class Sigmas(NamedTuple):
    """What mean-field theory needs to know of a recipe.

    Attributes:
        sigma_w2: σ_w² = n·Var(W_ij) for n units below and above; g² of orthogonal matrices.
        sigma_b2: σ_b², the variance of a bias.
        weights: "normal", "uniform" or "orthogonal".
    """

    sigma_w2: float
    sigma_b2: float
    weights: str


def sigmas(
    scheme: str | Initialisation,
    activation: str | Activation,
    width: int,
    *,
    critical: Critical = critical_sigma_w2,
) -> Sigmas:
    """The variances that a recipe gives to layers of `width` units on both sides.

    Args:
        scheme: a recipe or its text form.
        activation: the activation, from which a gain that is not given follows.
        width: n, a whole number from 1 to 4,096.
        critical: what gives σ_w² for the recipe of that name, from an activation and σ_b².

    Raises:
        InputError: an unknown recipe, or a width out of range.
    """
    recipe = initialisation(scheme)
    n = _checked_width(width)
    draw = recipe.scheme.draw(n, n, recipe.parameters(activation, critical))
    fan = 1 if draw.weights == "orthogonal" else n
    return Sigmas(fan * draw.scale**2, draw.bias_scale**2, draw.weights)


def random_network(
    widths: Sequence[int],
    scheme: str | Initialisation,
    activation: str | Activation,
    seed: int,
    *,
    critical: Critical = critical_sigma_w2,
) -> RandomNetwork:
    """Draw the weights and biases of a network.

    Layer l has a generator of its own, PCG64 on the l-th child of the seed, so that a deeper
    network begins like a shallower one; for a given NumPy it is reproducible to the bit.

    Args:
        widths: n_0 … n_L: 2 to 10,001 whole numbers from 1 to 4,096.
        scheme: a recipe or its text form, such as `kaiming_normal(gain=1.4)`.
        activation: the activation, from which a gain that is not given follows.
        seed: a whole number from 0 up.
        critical: what gives σ_w² for the recipe of that name, from an activation and σ_b².

    Raises:
        InputError: an unknown recipe, a width, depth or seed out of range, or more memory than
            there is.
    """
    return finish(random_network_steps(widths, scheme, activation, seed, critical=critical))


def random_network_steps(
    widths: Sequence[int],
    scheme: str | Initialisation,
    activation: str | Activation,
    seed: int,
    *,
    critical: Critical = critical_sigma_w2,
) -> Generator[float, None, RandomNetwork]:
    """Do as `random_network` does, a layer or a part of a large one at a time.

    To stop drawing, stop iterating; `network = yield from random_network_steps(...)` passes the
    steps on. Arguments and errors are those of `random_network`, with the first step.

    Yields:
        The share that is done, from above 0 to 1.

    Returns:
        What `random_network` returns.
    """
    recipe = initialisation(scheme)
    n = _checked_widths(widths)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError("seed", seed, "a whole number from 0 up", "try 0")
    values = recipe.parameters(activation, critical)
    _refuse_memory(n)
    weights, biases = [], []
    biased = False
    depth = len(n) - 1
    children = np.random.SeedSequence(int(seed)).spawn(depth)
    for layer, ((n_in, n_out), child) in enumerate(
        zip(itertools.pairwise(n), children, strict=True)
    ):
        rng = np.random.Generator(np.random.PCG64(child))
        draw = recipe.scheme.draw(n_in, n_out, values)
        w, b = np.zeros((n_out, n_in)), np.zeros(n_out)
        for share in _fill(w, rng, draw.weights, draw.scale):
            yield (layer + share) / depth
        for _ in _fill(b[:, None], rng, draw.biases, draw.bias_scale):
            pass
        weights.append(w)
        biased = biased or draw.bias_scale > 0.0
        biases.append(b)
    return RandomNetwork(weights, biases if biased else None)


def _fill(out: Array, rng: np.random.Generator, distribution: str, scale: float) -> Iterator[float]:
    """Fill a matrix of zeros from a distribution of mean 0 and that standard deviation, or g·Q."""
    if scale == 0.0:
        yield 1.0
    elif distribution == "orthogonal":
        yield from _haar(out, rng)
        out *= scale
    else:
        rows = max(_AT_ONCE // out.shape[1], 1)
        for start in range(0, len(out), rows):
            block = out[start : start + rows]
            if distribution == "uniform":
                c = math.sqrt(3.0) * scale
                rng.random(out=block)
                block *= 2.0 * c
                block -= c
            else:
                rng.standard_normal(out=block)
                block *= scale
            yield min(start + rows, len(out)) / len(out)


def _haar(out: Array, rng: np.random.Generator) -> Iterator[float]:
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
        corner -= (v @ t) @ (v.T @ corner)
        yield 1.0 - (start / columns) ** 2


def _checked_widths(widths: Sequence[int]) -> list[int]:
    """Widths that a network can have."""
    if isinstance(widths, str) or not isinstance(widths, Sequence | np.ndarray):
        raise InputError("widths", widths, "a list of widths, n_0 … n_L", "try [64] * 51")
    n = [_checked_width(width) for width in widths]
    if not 2 <= len(widths) <= MAX_DEPTH + 1:
        raise InputError(
            "widths",
            f"{len(widths)} of them",
            f"2 to {MAX_DEPTH + 1:,} widths: the input's and one a layer",
            "give the input's width and then one a layer",
        )
    return n


def _checked_width(width: int) -> int:
    """A width that a layer can have."""
    whole = isinstance(width, int | np.integer) and not isinstance(width, bool)
    if not whole or not 1 <= width <= MAX_WIDTH:
        raise InputError("width", width, f"a whole number from 1 to {MAX_WIDTH:,}", "try 64")
    return int(width)


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
