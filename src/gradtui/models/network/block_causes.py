"""What a block makes of a gradient, and by which of its parts: causes, in words."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.blocks.families import LEARNED, Block
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.block_path import BlockPath
from gradtui.models.network.blocks import block_of
from gradtui.models.network.networks import Expectation
from gradtui.models.subject import Subject
from gradtui.wording import factor, plain, rate

_NORMS = {"layer": "the layer norm", "rms": "the RMS norm", "batch": "the batch norm"}
_ALIKE = 0.005
"""Decades: a block that makes so little of a gradient leaves it as it is."""


def cause_of(subject: Subject, expected: Expectation) -> str:
    """What a block makes of a gradient, and by what."""
    one, path, depth = block_of(subject), expected.path, subject.setup.depth
    assert isinstance(path, BlockPath)
    steps = one.steps(depth)
    if one.skips and (steps.scale == 0.0 or one.factors(depth)[1] == 0.0):
        at_0 = path.activation(0.0) if one.family.matrices == 1 and steps.scale else 0.0
        return _closed(one) if at_0 == 0.0 else _idle(at_0)
    if not path.says:
        return _unsaid(one, subject)
    chi = 0.5 * path.log10_chi
    if not np.isfinite(chi).all():
        return ""
    if not one.skips:
        return _normed(one, expected, chi)
    branch = _typical(0.5 * path.log10_branch)
    beside = f"With α = {plain(steps.scale or 0.0)}, beside" if steps.scale != 1.0 else "Beside"
    norm = f", over what {_NORMS[one.norm]} divides by," if steps.after else ""
    return (
        f"{beside} the skip's 1 the branch passes {factor(branch)} of the gradient; together "
        f"√(1 + {factor(branch)[1:]}²){norm} makes {rate(_typical(chi))} a block in theory."
    )


def _closed(one: Block) -> str:
    """Of branches that are 0 at the start."""
    if one.init == "none":
        why = "α is learned from 0" if one.alpha == LEARNED else "α is 0"
    elif one.name == "basic_block" and one.norm != "none":
        why = "the weight of its last norm begins at 0"
    else:
        why = "its last matrix begins at 0"
    after = {"basic_block": ": only the f after each skip acts", "post_norm": ": only norms act"}
    also = after.get(one.name, ": each block passes signal and gradient on as they are")
    return f"Every branch is shut at the start, as {why}{also}."


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
            "Batch norm without a skip makes √(E[f′²]/Var f) of it a layer, never below 1, for "
            f"many inputs; here are {rows}."
        )
    return "The skip passes it on as it is, and the branch adds to it."


def _normed(one: Block, expected: Expectation, chi: Array) -> str:
    """Of a norm without a skip; the first layer has the inputs, and is another."""
    each = rate(float(chi[-1]))
    if one.norm == "batch":
        return (
            f"Batch norm without a skip makes √(E[f′²]/Var f) = {each} a layer in theory, whatever "
            "the weights."
        )
    spread = math.sqrt(float(expected.path.q[-1]))
    return (
        f"{_NORMS[one.norm].capitalize()} keeps z at a spread of {plain(spread)}, whatever the "
        f"weights: {each} a layer in theory."
    )


def _typical(log10: Array) -> float:
    """The geometric mean over the blocks, as log10."""
    return float(np.mean(log10))
