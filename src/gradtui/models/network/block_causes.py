"""What a block makes of a gradient, and by which of its parts: causes, in words."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.blocks.families import LEARNED, ROOT_OF_DEPTH, Block
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.block_path import BlockPath
from gradtui.models.network.blocks import (
    DIRECTIONS,
    block_of,
    leap_of,
    shut,
    stream_begins,
    takes_all,
)
from gradtui.models.network.networks import Expectation
from gradtui.models.subject import Subject
from gradtui.models.wording import a_layer
from gradtui.wording import counted, factor, plain, rate

_NORMS = {"layer": "layer norm", "rms": "RMS norm", "batch": "batch norm"}
_LEVEL = 0.02
"""Decades: a stream that changes by less than 5 % stays as it is."""
_EPS_ALONE = 1e-5 / math.log(10.0)
"""Decades: a factor nearer to 1 is what the eps of a norm makes."""
_SEES = 0.1
"""Of numbers from here on that a norm is given its eps does not count."""
_SETTLED = 0.9
"""The second moment behind a norm from which on its eps does not count."""
_MUCH = 0.5
"""What is left where a norm's projection is worth a word."""
_ALL = 1e6
"""A branch that makes so much more of a gradient than the skip is all that counts."""
_MOSTLY = 0.7
"""The stream's mean beside its root mean square."""
COHERENT = 1.0
"""The stream's mean makes as much of the gradient as infinite width has."""
_PAIR = 2
"""Rows of which a norm leaves the sign alone."""
_ONE_UNIT = "A layer norm over one unit gives 0, whatever it is given, and passes nothing back"


def cause_of(subject: Subject, expected: Expectation) -> str:
    """What a block makes of a gradient, and by what."""
    one, path = block_of(subject), expected.path
    assert isinstance(path, BlockPath)
    if shut(subject):
        return _shut(one, subject)
    if one.skips and one.factors(subject.setup.depth)[1] == 0.0:
        return _idle(path.activation(0.0))
    if takes_all(one, subject.setup.network.width) and (narrow := _narrow(one, subject, expected)):
        return narrow
    if not path.says:
        return " ".join(filter(None, (_unsaid(one, subject), _of_two_rows(one, subject, expected))))
    chi = 0.5 * path.log10_chi
    if not np.isfinite(chi).all():
        return ""
    return _skipped(one, subject, path) if one.skips else _normed(one, subject, path)


def stream_told(subject: Subject, log10_signal: Array, stream: float) -> str:
    """What becomes of the stream, where a skip carries it on; "" where nothing does.

    Args:
        subject: whose.
        log10_signal: log10 of the stream, of the input and after each block.
        stream: log10 of it after the last block beside where it begins.
    """
    begins = stream_begins(subject, log10_signal)
    blocks = subject.setup.depth - begins
    leap = leap_of(subject, log10_signal)
    first = f"The first block makes the stream {factor(leap)}" if leap else ""
    if not blocks:
        return f"{first}." if first else ""
    where = "From the first block on the stream" if begins else "The stream"
    if first:
        where = f"{first}; from there on it"
    if abs(stream) < _LEVEL:
        return f"{where} stays as large{' as the input' * (not begins)}."
    each = f", {a_layer(stream, blocks)} a block" if blocks > 1 else ""
    return f"{where} goes to {factor(stream)}{' of the input' * (not begins)}{each}."


def why_block_dead(subject: Subject) -> str:
    """Why exactly nothing arrives, where a branch is not shut by design."""
    one, setup = block_of(subject), subject.setup
    if shut(subject):
        return ""  # that was said
    if setup.network.width == 1 and one.norm == "layer":
        return f"{_ONE_UNIT}."
    if not one.skips:
        return "All units of a layer stand where f′ = 0, or the signal has become 0."
    if one.name == "basic_block":
        return "Behind a skip all units stand where f′ = 0, so that nothing goes back."
    if setup.quantity == "w" and setup.x == 0.0:
        return "The branch is given 0, and what its weights would have to follow is 0 times that."
    return "Inside a branch all units stand where f′ = 0, or are given 0; the skip goes around it."


def _skipped(one: Block, subject: Subject, path: BlockPath) -> str:
    """Of a skip with a branch beside it."""
    steps = one.steps(subject.setup.depth)
    beside = "Beside"
    if one.init == "deepnorm":
        skip = plain(1.0 / (steps.scale or 1.0))
        beside = f"With a skip of (2L)^¼ = {skip}, which counts as 1, beside"
    elif steps.scale != 1.0:
        beside = f"With α = {plain(steps.scale or 0.0)}, beside"
    each = _typical(0.5 * path.log10_chi)
    made = f"{_each(each)} a block in theory"
    branch = _typical(0.5 * path.log10_branch)
    shut_by_f = branch == -math.inf
    if not steps.after:  # so that the numbers that are told belong together
        with np.errstate(divide="ignore"):
            own = 0.5 * math.log10(max(10.0 ** min(2.0 * each, 300.0) - 1.0, 0.0) or 1e-300)
        branch = own if 2.0 * each < 300.0 else each
        text = f"√(1 + {factor(branch)[1:]}²)"
        if branch > math.log10(_ALL):
            text = f"{beside} the skip's 1 the branch is nearly all: {made}."
        elif shut_by_f:
            text = f"{beside} the skip's 1 the branch passes nothing: {made}."
        elif branch < -8.0:
            text = f"{beside} the skip's 1 the branch is next to nothing: {made}."
        else:
            text = (
                f"{beside} the skip's 1 the branch passes {factor(branch)} of the gradient; "
                f"together {text} makes {made}."
            )
        return " ".join(filter(None, (text, _drift(path), _coherent(subject, path))))
    return (
        f"{beside} the skip's 1 the branch passes {factor(branch)} of the gradient, and the "
        f"{_NORMS[one.norm]} divides both: {made}."
    )


def _drift(path: BlockPath) -> str:
    """That most of the stream is what f has in the mean, which 1/√L does not keep in bounds."""
    if not abs(float(path.mean[-1])) > _MOSTLY or path.block.name != "residual":
        return ""
    text = "Most of the stream is f's mean, which every block adds in one direction"
    if path.block.alpha != ROOT_OF_DEPTH:
        return f"{text}."
    return f"{text}: 1/√L bounds what scatters, not that."


def _coherent(subject: Subject, path: BlockPath) -> str:
    """That the mean of f adds up along the stream, where that makes much of a gradient."""
    above = float(path.coherent(subject.setup.network.width)[0])
    if not above > COHERENT:
        return ""
    units = counted(subject.setup.network.width, "unit")
    if _drift(path):
        return f"Along it the gradient of {units} grows faster than infinite width has it."
    return (
        f"What f has in the mean adds up along one direction of the stream, and with {units} the "
        "gradient grows along it faster than that."
    )


def _shut(one: Block, subject: Subject) -> str:
    """Of branches that are 0 at the start."""
    if one.init == "none":
        why, closed = "α is learned from 0" if one.alpha == LEARNED else "α is 0", "α"
    elif one.name == "basic_block" and one.norm != "none":
        why, closed = "the weight of its last norm begins at 0", "that norm"
    else:
        why, closed = "its last matrix begins at 0", "that matrix"
    begin = f"Every branch is shut at the start, as {why}"
    if subject.setup.quantity != "a":
        return f"{begin}: nothing comes back beyond {closed} until it has moved."
    after = {"basic_block": ": only the f after each skip acts", "post_norm": ": only norms act"}
    also = after.get(one.name, ": each block passes signal and gradient on as they are")
    return f"{begin}{also}."


def _idle(at_0: float) -> str:
    """Of branches f(W h) whose W is 0 at the start, and f(0) is not."""
    return (
        "W is 0 at the start: the gradient goes by the skip alone, and each block adds "
        f"f(0) = {plain(at_0)} to the stream."
    )


def _unsaid(one: Block, subject: Subject) -> str:
    """Of what theory does not follow."""
    if one.name == "basic_block":
        return (
            "f stands after the skip: in every block the gradient passes its f′, and the branch "
            "adds to it."
        )
    if not one.skips:
        rows = subject.setup.network.batch
        return (
            "For many inputs batch norm without a skip makes √(E[f′²]/Var f) of it a layer, which "
            f"is never below 1; here are {rows}."
        )
    if one.name == "post_norm":
        return (
            "The batch norm stands after the skip and divides both, the skip's and the branch's, "
            "by what these few rows scatter."
        )
    return "The skip passes it on as it is, and the branch adds to it."


def _of_two_rows(one: Block, subject: Subject, expected: Expectation) -> str:
    """That of what a batch norm of 2 rows is given only the sign counts."""
    f = expected.path.activation
    apart = abs(float(f(1.0)) - float(f(-1.0)))  # rows that f makes the same are no longer two
    if not one.in_batch or subject.setup.network.batch != _PAIR:
        return ""
    if not min(1.0, apart) * _given(subject, expected) >= _SEES:
        return ""
    through = "the branch" if one.skips and one.name != "post_norm" else "it"
    return (
        "A batch norm of 2 rows gives ±1, whatever it is given, so that of most units next to "
        f"nothing comes back through {through}."
    )


def _narrow(one: Block, subject: Subject, expected: Expectation) -> str:
    """Of a norm over so few units that all of a gradient is what it takes."""
    only = ": only the skip does" if one.skips and one.name != "post_norm" else ""
    width = subject.setup.network.width
    if one.norm == "layer" and width == 1:
        return f"{_ONE_UNIT}{only}."
    if not _given(subject, expected) >= _SEES:
        return ""
    of = "A layer norm over 2 units" if one.norm == "layer" else "An RMS norm over one unit"
    return f"{of} gives ±1, whatever it is given, and passes next to nothing back{only}."


def _given(subject: Subject, expected: Expectation) -> float:
    """How large what a norm is given is at the least: an input, or what a matrix makes of it."""
    x, sigmas = abs(subject.setup.x), expected.sigmas
    return min(x, math.hypot(math.sqrt(sigmas.sigma_w2) * x, math.sqrt(sigmas.sigma_b2)))


def _normed(one: Block, subject: Subject, path: BlockPath) -> str:
    """Of a norm without a skip; the first layer has the inputs, and is another."""
    each, q = _each(0.5 * float(path.log10_chi[-1])), float(path.q[-1])
    name = _NORMS[one.norm]
    name = name[:1].upper() + name[1:]
    if q < _SETTLED:
        text = (
            f"What the {_NORMS[one.norm]} is given is so small that its eps counts: it divides by "
            f"√eps rather than by its size, {each} a layer in theory."
        )
    elif one.norm == "batch":
        return (
            f"Batch norm without a skip makes √(E[f′²]/Var f) = {each} a layer in theory, whatever "
            "the weights."
        )
    else:
        text = f"{name} keeps z at a size of 1, whatever the weights: {each} a layer in theory."
    first = 0.5 * float(path.log10_chi[0])
    if abs(first - 0.5 * float(path.log10_chi[-1])) > 0.3 and len(path.log10_chi) > 1:
        text += f" Layer 1, which is given the inputs, makes {factor(first)}."
    n, takes = subject.setup.network.width, DIRECTIONS.get(one.norm, 0)
    left = max(1.0 - takes / n, 0.0) ** 0.5
    if left ** len(path.log10_chi) < _MUCH and left > 0.0:
        text += (
            f" Of the {counted(n, 'direction')} of a gradient each norm takes {takes}: "
            f"{rate(math.log10(left))} a layer more."
        )
    return text


def _each(log10: float) -> str:
    """A factor of each block: what a norm's eps takes of ×1 is no finding."""
    return "×1" if abs(log10) < _EPS_ALONE else rate(log10)


def _typical(log10: Array) -> float:
    """The geometric mean over the blocks, as log10."""
    return float(np.mean(log10))
