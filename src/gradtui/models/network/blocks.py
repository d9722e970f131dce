"""Networks of blocks: drawing one, running it, and telling block by block what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.blocks.draw import RandomBlocks
from gradtui.mathematics.blocks.families import Block
from gradtui.mathematics.blocks.flow import network_flow
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.blocks.steps import Normed
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.flow import GradientFlow
from gradtui.mathematics.wide.block_path import begins_after
from gradtui.models.finding import Kind
from gradtui.models.network.cost import KEPT_WEIGHTS, refuse_too_deep
from gradtui.models.subject import Subject
from gradtui.progress import Tick, unwatched

DIRECTIONS = {"layer": 2, "rms": 1}
"""Of a gradient a norm passes next to nothing along what it is given, and along (1, …, 1)."""


def takes_all(one: Block, units: int) -> bool:
    """Whether its norm is over so few units that next to nothing of a gradient passes it."""
    return DIRECTIONS.get(one.norm, 0) >= units


def block_of(subject: Subject) -> Block:
    """The block that a subject's networks are of."""
    return block(subject.setup.network.block[0])


def inputs_of(subject: Subject) -> int:
    """How many inputs run through a network together: several if rows depend on each other."""
    return subject.setup.network.batch if block_of(subject).in_batch else 1


def blocks_of(subject: Subject, seed: int) -> RandomBlocks:
    """The blocks that a seed gives a subject.

    Raises:
        InputError: too many of them.
    """
    setup = subject.setup
    refuse_too_deep(setup)
    width = setup.network.width
    return RandomBlocks(
        block_of(subject), subject.init, subject.activation, width, setup.depth, seed
    )


def flow_of_blocks(
    subject: Subject,
    blocks: RandomBlocks,
    x: Array,
    upstream: Array,
    *,
    layers: bool = False,
    bins: int = 0,
    tick: Tick = unwatched,
) -> GradientFlow:
    """One pass forward and back, told block by block as `gradient_flow` tells it by layer.

    a_l is the stream after block l, z_l what its last activation is given (with a gate both
    halves), and ∂L/∂W_l has the gradients of all matrices of the block.
    """
    depth = blocks.depth
    keep = subject.setup.network.weights(depth) <= KEPT_WEIGHTS
    last = blocks.activated
    flow = network_flow(
        blocks.kept() if keep else blocks,
        x,
        upstream,
        look=[blocks.name(at, last) for at in range(depth)] if layers else (),
        bins=bins,
        inside=True,
        tick=tick,
    )
    assert flow.log10_grad_inside is not None
    ends = slice(0, None, blocks.each)
    z = np.array([flow.log10_grad_inside[blocks.name(at, last - 1)] for at in range(depth)])
    weights = [
        [flow.log10_grad_parameters[f"{blocks.name(at, step)}.weight"] for at in range(depth)]
        for step in blocks.matrices
    ]
    return GradientFlow(
        activation=activation(blocks.activation),
        widths=(blocks.units,) * (depth + 1),
        batch=len(x),
        log10_grad_weights=_root_of_squares(weights),
        log10_grad_biases=z,
        log10_grad_preactivations=z,
        log10_grad_hidden=flow.log10_grad_hidden[ends],
        log10_hidden=flow.log10_hidden[ends],
        dead_rows=flow.dead_rows[ends],
        layers=flow.statistics,
    )


def _root_of_squares(log10: Sequence[Sequence[float]]) -> Array:
    """log10 of the norm of several that stand together, [several, n] to [n]."""
    each = np.array(log10)
    top = each.max(axis=0)
    with np.errstate(invalid="ignore"):
        squares = np.where(top > -np.inf, 10.0 ** (2.0 * (each - top)), 0.0).sum(axis=0)
    with np.errstate(divide="ignore"):
        total: Array = np.where(top > -np.inf, top + 0.5 * np.log10(squares), -np.inf)
    return total


def stream_begins(subject: Subject, log10_signal: Array) -> int:
    """Beside which of the layers a stream is measured: the input, or what the first block makes."""
    start, first, second, *_ = *log10_signal[:3], log10_signal[-1]
    return int(begins_after(block_of(subject), start, first, second))


def stream_of(subject: Subject, log10_signal: Array) -> float:
    """log10 of the stream after the last block beside where it begins; 0 where there is no skip."""
    if not block_of(subject).skips:
        return 0.0
    first, last = log10_signal[stream_begins(subject, log10_signal)], log10_signal[-1]
    return float(last - first) if np.isfinite([first, last]).all() else 0.0


def leap_of(subject: Subject, log10_signal: Array) -> float:
    """log10 of what the first block makes of the input's size, where the stream begins after it.

    0 where it does not, where a norm after the skip gives any input the same size, and of x = 0.
    """
    start, first = log10_signal[:2]
    leap = float(first - start) if np.isfinite([start, first]).all() else 0.0
    after = block_of(subject).steps(subject.setup.depth).after
    normed = any(isinstance(step, Normed) for step in after)
    return leap if stream_begins(subject, log10_signal) and not normed else 0.0


def shut(subject: Subject) -> bool:
    """Whether every branch is 0 at the start."""
    one, depth = block_of(subject), subject.setup.depth
    if not one.skips:
        return False
    steps = one.steps(depth)
    if steps.scale == 0.0:
        return True
    # f(0) of a branch that ends with f may be more.
    alone = one.family.matrices == 1 and activation(subject.activation)(0.0) != 0.0
    return one.factors(depth)[1] == 0.0 and not alone


def with_stream(kind: Kind, stream: float, log10_limit: float) -> Kind:
    """The verdict on a gradient and on the stream beside it, which may grow no more than that."""
    explodes = kind is Kind.HEALTHY and stream > -log10_limit
    return Kind.EXPLODING if explodes else kind
