"""Random networks as a setup describes them: drawing one, running it, and what theory says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import Activation, activation
from gradtui.mathematics.blocks.draw import RandomBlocks, sigmas_of_blocks
from gradtui.mathematics.blocks.families import Block
from gradtui.mathematics.chain import chain
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation import Initialisation, Sigmas
from gradtui.mathematics.initialisation.draw import RandomNetwork, network_on_demand, random_network
from gradtui.mathematics.initialisation.record import LayerSigmas, one_for_all, sigmas_by_layer
from gradtui.mathematics.network.flow import GradientFlow, gradient_flow
from gradtui.mathematics.network.statistics import SATURATED
from gradtui.mathematics.pieces import rows_at_once, spans
from gradtui.mathematics.wide.block_path import BlockPath, block_path
from gradtui.mathematics.wide.path import WITHIN_90, GradientPath, gradient_path
from gradtui.models.kept import Kept
from gradtui.models.network.blocks import block_of, blocks_of, flow_of_blocks
from gradtui.models.network.cost import (
    KEPT_WEIGHTS,
    most_inputs_of,
    refuse_too_deep,
    refuse_too_wide,
)
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part, unwatched
from gradtui.wording import plain

_NETWORK, _INPUT = 3, 4
"""Streams of the seed; 0, 1 and 2 are the chain's."""

_HALF_LOG10_E = 0.5 * math.log10(math.e)
"""From ln‖g‖² to log10‖g‖."""

_DRAWING = 0.5
"""The share of the work of a network that drawing its weights is."""


_OUTWARDS = np.geomspace(1e-100, 1e100, 8001)
_HALVINGS = 30
"""Where it is looked for whether f is flat, and how often the way between two of them is halved."""


def flow_of(
    subject: Subject,
    number: int,
    batch: int,
    *,
    layers: bool = False,
    bins: int = 0,
    tick: Tick = unwatched,
) -> GradientFlow:
    """Draw the network with this number and run a random batch through it.

    x ~ N(0, |setup.x|²); the upstream gradient has a random direction and ‖∂L/∂a_L‖_F = 1. The
    same number gives the same inputs and, scale apart, the same weights for every activation and
    recipe: what is compared differs in nothing else.
    """
    refuse_memory(subject, batch)
    if not block_of(subject).plain:
        blocks = blocks_of(subject, _seed_of(subject, number))
        rng = _inputs_of(subject, number)
        x, upstream = _ends(subject, rng, batch, part(tick, 0.0, 0.0))
        return flow_of_blocks(subject, blocks, x, upstream, layers=layers, bins=bins, tick=tick)
    network, rng = drawn(subject, number, part(tick, 0.0, _DRAWING))
    x, upstream = _ends(subject, rng, batch, part(tick, _DRAWING, 0.0))
    return gradient_flow(
        subject.activation,
        network.weights,
        network.biases,
        x,
        upstream,
        layers=layers,
        bins=bins,
        tick=part(tick, _DRAWING, 1.0 - _DRAWING),
    )


def _ends(
    subject: Subject, rng: np.random.Generator, batch: int, tick: Tick
) -> tuple[Array, Array]:
    """The inputs and ∂L/∂a_L."""
    widths = widths_of(subject)
    x = _normal(rng, (batch, widths[0]), abs(subject.setup.x), tick)
    upstream = _normal(rng, (batch, widths[-1]), 1.0, tick)
    return x, upstream / np.linalg.norm(upstream)


def _seed_of(subject: Subject, number: int) -> int:
    """The seed of the network with this number."""
    sequence = np.random.SeedSequence([subject.setup.seed, _NETWORK, number])
    return int(sequence.generate_state(1)[0])


def drawn_blocks(subject: Subject, number: int) -> tuple[RandomBlocks, np.random.Generator]:
    """The blocks of the network with this number, and the generator that its inputs come from."""
    return blocks_of(subject, _seed_of(subject, number)), _inputs_of(subject, number)


def _inputs_of(subject: Subject, number: int) -> np.random.Generator:
    """The generator that its inputs come from."""
    return np.random.default_rng([subject.setup.seed, _INPUT, number])


def refuse_memory(subject: Subject, batch: int) -> None:
    """Refuse a batch of which the states of all layers would take more memory than is promised."""
    refuse_too_wide(subject)
    most, network = most_inputs_of(subject), subject.setup.network
    if batch > most:
        of = "" if network.plain else f"{{block={subject.block}}} and "
        units = sum(network.widths(subject.setup.depth))
        raise InputError(
            "batch",
            batch,
            f"at most {most:,} with {of}{units:,} units in all, for the states of all layers are "
            "kept",
            f"try {{batch={most}}}, or fewer layers or units",
        )


def _normal(rng: np.random.Generator, shape: tuple[int, int], scale: float, tick: Tick) -> Array:
    """Independent normal numbers, some rows at a time."""
    numbers = np.empty(shape)
    for rows in spans(shape[0], rows_at_once(shape[1]), tick):
        rng.standard_normal(out=numbers[rows])
        numbers[rows] *= scale
    return numbers


def drawn(
    subject: Subject,
    number: int,
    tick: Tick = unwatched,
    init: Initialisation | None = None,
) -> tuple[RandomNetwork, np.random.Generator]:
    """Draw the network with this number; with it the generator that its inputs come from.

    Args:
        subject: whose.
        number: which.
        tick: told the share that is done.
        init: draws its weights instead of its own recipe, if given.

    Raises:
        InputError: too deep a network, no such initialisation for this activation, or more memory
            than there is.
    """
    setup = subject.setup
    refuse_too_deep(setup)
    seed, rng = _seed_of(subject, number), _inputs_of(subject, number)
    widths, recipe = widths_of(subject), init or subject.init
    if setup.network.weights(setup.depth) > KEPT_WEIGHTS:
        return network_on_demand(widths, recipe, subject.activation, seed), rng
    return random_network(widths, recipe, subject.activation, seed, tick=tick), rng


def log10_ratio(flow: GradientFlow) -> float:
    """log10 of ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖; -inf where the first is exactly zero."""
    return float(flow.log10_grad_hidden[0] - flow.log10_grad_hidden[-1])


def widths_of(subject: Subject) -> tuple[int, ...]:
    """The units n_0 … n_L of a subject's networks."""
    return subject.setup.network.widths(subject.setup.depth)


def layer_sigmas_of(subject: Subject) -> LayerSigmas:
    """σw² and σb² of each layer, and the distribution of the weights that its recipe gives it.

    Of blocks those of each matrix.
    """
    if not (one := block_of(subject)).plain:
        width, depth = subject.setup.network.width, subject.setup.depth
        return sigmas_of_blocks(one, subject.init, subject.activation, width, depth)
    return sigmas_by_layer(subject.init, subject.activation, widths_of(subject))


def quantities_of(flow: GradientFlow) -> dict[str, Array]:
    """log10 of the norms by layer of ∂L/∂a (from 0), ∂L/∂z and ∂L/∂W (from 1) at one input."""
    last = flow.log10_grad_hidden[-1]
    return {
        "a": flow.log10_grad_hidden - last,
        "z": flow.log10_grad_biases - last,  # at one input the gradient of a bias is that of its z
        "w": flow.log10_grad_weights - last,
    }


_paths = Kept[GradientPath](12)


def theory(
    name: str,
    sigma_w2: float | Array,
    sigma_b2: float | Array,
    depth: int,
    x: float,
    tick: Tick = unwatched,
) -> GradientPath:
    """The gradient's path in a network of infinite width; kept, for several ask.

    The variances are those of all layers, or of each [depth].
    """
    asked = (name, np.array(sigma_w2).tobytes(), np.array(sigma_b2).tobytes(), depth, x)
    return _paths.get(asked, lambda: gradient_path(name, sigma_w2, sigma_b2, depth, x, tick=tick))


@dataclass(frozen=True, eq=False)
class Expectation:
    """What is known of a subject's networks without drawing any.

    Every array is log10(‖∂L/∂a_l‖ / ‖∂L/∂a_L‖) for l = 0 … L [depth + 1].

    Attributes:
        sigmas: σw², σb² and how weights are distributed; typical numbers where layers differ.
        by_layer: the same of each layer.
        path: q and χ by layer, for infinite width.
        infinite: √E‖·‖² in theory.
        centre: E ln‖·‖ at this width, below `infinite` by what the spread between networks costs.
        spread: its standard deviation over networks, in decades.
        bound: Π max|f′| ‖W_l‖: no direction can do better; ‖W_l‖ = σw (1 + √(n_l/n_{l-1})), 2σw
            where widths are equal, or g if orthogonal. None for blocks.
        scalar: one unit a layer with w = σw: what a law for chains would say. None for blocks.
    """

    sigmas: Sigmas
    by_layer: LayerSigmas
    path: GradientPath | BlockPath
    infinite: Array
    centre: Array
    spread: Array
    bound: Array | None
    scalar: Array | None

    @property
    def says(self) -> bool:
        """Whether there is a theory of these networks."""
        return not isinstance(self.path, BlockPath) or self.path.says

    @property
    def sigma_w(self) -> str:
        """σw, or from which to which it goes where layers differ, in words."""
        return sigma_w_text(self.by_layer)

    @property
    def band(self) -> tuple[Array, Array] | None:
        """Between which 90 % of the networks of this width are to be expected, if that is known."""
        if np.isnan(self.spread).any():
            return None
        reach = np.where(np.isinf(self.centre) | ~self.path.known, 0.0, WITHIN_90 * self.spread)
        return self.centre - reach, self.centre + reach

    def saturated(self, layer: int) -> float:
        """In theory, the share of units of a layer whose |z| is so large that f is flat there."""
        q = float(self.path.q[layer - 1])
        if not 0.0 < q < math.inf:
            return 0.0
        ends = saturation(self.path.activation)
        return sum(0.5 * math.erfc(end / math.sqrt(2.0 * q)) for end in ends)


def saturation(f: Activation) -> tuple[float, float]:
    """From which |z| on f is saturated, below 0 and above: |f′| stays below 1 % of its maximum.

    Infinite where it is nowhere; nor is it where f is flat all the way from 0, and so only off.
    """
    least = SATURATED * f.max_abs_derivative

    def begins(side: float) -> float:
        passing = np.flatnonzero(np.abs(f.derivative(side * _OUTWARDS)) >= least)
        if not passing.size or not math.isfinite(least) or passing[-1] == len(_OUTWARDS) - 1:
            return math.inf
        low, high = _OUTWARDS[passing[-1] :][:2]
        for _ in range(_HALVINGS):
            middle = math.sqrt(low * high)
            if abs(f.derivative(side * middle)) >= least:
                low = middle
            else:
                high = middle
        return float(high)

    return begins(-1.0), begins(1.0)


def expectation_of(subject: Subject, tick: Tick = unwatched) -> Expectation:
    """What is known of a subject's networks without drawing any.

    Raises:
        InputError: an initialisation that this activation does not have.
    """
    setup, name = subject.setup, subject.activation
    found, widths = layer_sigmas_of(subject), widths_of(subject)
    if not (one := block_of(subject)).plain:
        return _of_blocks(subject, one, found, tick)
    orthogonal = found.weights == "orthogonal"
    path = theory(name, *found.for_theory, setup.depth, abs(setup.x), tick)
    log_variance = path.log_variance(widths, orthogonal=orthogonal)
    infinite = path.log10_grad_hidden
    sigma_w = np.sqrt(found.sigma_w2)
    alone = chain(name, sigma_w, 0.0, abs(setup.x))
    n = np.array(widths, float)
    # of a layer with orthogonal columns or rows ‖W‖ = g, of which a tall one's σw is a share
    norms = np.sqrt(np.maximum(n[1:] / n[:-1], 1.0)) if orthogonal else 1 + np.sqrt(n[1:] / n[:-1])
    with np.errstate(all="ignore"):
        most = np.log10(activation(name).max_abs_derivative * sigma_w * norms)
        bound = _summed_from_above(most)
        scalar = _summed_from_above(alone.log10_derivatives + alone.log10_weights)
        below = 0.5 * _HALF_LOG10_E * log_variance
        centre = np.where(np.isinf(infinite) | ~path.known, infinite, infinite - below)
    spread = _HALF_LOG10_E * np.sqrt(log_variance)
    return Expectation(found.typical, found, path, infinite, centre, spread, bound, scalar)


_block_paths = Kept[BlockPath](12)


def _of_blocks(subject: Subject, one: Block, found: LayerSigmas, tick: Tick) -> Expectation:
    """The same of blocks, for which there are no laws beside that of infinite width."""
    setup, name = subject.setup, subject.activation
    w, b = (np.reshape(of, (setup.depth, -1)) for of in (found.sigma_w2, found.sigma_b2))
    x = abs(setup.x)
    batch = setup.network.batch if one.in_batch else None
    asked = (one.spec, name, w.tobytes(), b.tobytes(), setup.depth, x, batch)
    path = _block_paths.get(
        asked, lambda: block_path(one, name, w, b, setup.depth, x, batch=batch, tick=tick)
    )
    log_variance = path.log_variance(setup.network.width)
    infinite = path.log10_grad_hidden
    with np.errstate(all="ignore"):
        below = _HALF_LOG10_E * (
            0.5 * log_variance - np.log1p(path.coherent(setup.network.width))
            if one.norm == "none"
            else path.projected(setup.network.width, batch)
        )
        centre = np.where(np.isinf(infinite) | ~path.known, infinite, infinite - below)
    spread = _HALF_LOG10_E * np.sqrt(log_variance)
    if one.glu and one.norm == "none":
        spread[:] = np.nan  # the signal scatters more than all that is counted
    return Expectation(found.typical, found, path, infinite, centre, spread, None, None)


def _summed_from_above(factors: Array) -> Array:
    """The sum of what stands above each layer, for l = 0 … L."""
    return np.append(np.cumsum(factors[::-1])[::-1], 0.0)


def sigma_w_text(found: LayerSigmas, digits: int = 3) -> str:
    """σw as it stands in a readout: 1.41, or 0.7-1.41 where layers differ.

    Args:
        found: the layers.
        digits: so many where it is one number.
    """
    least, most = (math.sqrt(end) for end in (found.sigma_w2.min(), found.sigma_w2.max()))
    if one_for_all(found.sigma_w2):
        return plain(most, digits)
    return f"{plain(least, 2)}-{plain(most)}"


def sigma_w_of(subject: Subject) -> str:
    """The σw that came of a subject's recipe, as it stands in a readout."""
    return sigma_w_text(layer_sigmas_of(subject))
