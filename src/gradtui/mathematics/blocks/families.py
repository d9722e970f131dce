"""The blocks that there are, by name and parameters, and of which steps each is made.

Glossary: L the number of blocks, n the units of the stream h, m = expansion · n those inside a
branch, f the activation, N a norm, α what a branch is multiplied by.

    plain          h ← f(N(W h + b))
    residual       h ← h + α f(W N(h) + b)
    basic_block    h ← f(h + α N(W₂ f(N(W₁ h + b₁)) + b₂))       He et al., CVPR 2016
    preact         h ← h + α (W₂ f(N(W₁ f(N(h)) + b₁)) + b₂)     He et al., ECCV 2016
    pre_norm       h ← h + α (W₂ f(W₁ N(h) + b₁) + b₂)           Xiong et al., ICML 2020
    post_norm      h ← N(h + α (W₂ f(W₁ h + b₁) + b₂))           Vaswani et al., NIPS 2017
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from gradtui.errors import InputError
from gradtui.mathematics.blocks.steps import (
    EPS,
    NORMS,
    Activated,
    Matrix,
    Norm,
    Normed,
    Step,
    Steps,
)
from gradtui.mathematics.spec import Value, number

ROOT_OF_DEPTH = "1/sqrt(L)"
LEARNED = "learned"
Alpha: TypeAlias = float | str
"""A number, or one of the two: 1/√L, or a number that is learned and begins at 0."""


# ------------------------------------------------------------------- families


@dataclass(frozen=True)
class Family:
    """Blocks of one form.

    Attributes:
        name: as it is asked for.
        title: what it is, in words.
        formula: h ← …
        parameters: the names of the parameters that it has.
        norm: that it has by default.
        norms: those that it may have.
        inits: the initialisations of branches that it may have.
        matrices: how many a block has.
        steps: of what each of so many blocks is made.
        source: who described it.
        meant_by: names that may mean it, and to which it is suggested.
        also_called: other names of the very same.
    """

    name: str
    title: str
    formula: str
    parameters: tuple[str, ...]
    steps: Callable[[Block, int], Steps] = field(repr=False)
    norm: Norm = "none"
    norms: tuple[Norm, ...] = NORMS
    inits: tuple[str, ...] = ("none",)
    matrices: int = 1
    source: str = ""
    meant_by: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()

    @property
    def skips(self) -> bool:
        """Whether a skip goes around the branch."""
        return "alpha" in self.parameters


def _plain(one: Block, depth: int) -> Steps:
    return Steps((Matrix(), *one.normed, Activated()), None)


def _residual(one: Block, depth: int) -> Steps:
    last = one.factors(depth)[1]
    return Steps((*one.normed, Matrix(factor=last), Activated()), one.scale(depth))


def _basic_block(one: Block, depth: int) -> Steps:
    first, last = one.factors(depth)
    # The γ of the norm after the last matrix is 0, as torchvision's zero_init_residual.
    zero = one.init == "zero" and bool(one.normed)
    ending = (norm._replace(weight=0.0) if zero else norm for norm in one.normed)
    second = Matrix(factor=1.0 if zero else last)
    branch: tuple[Step, ...] = (Matrix(factor=first), *one.normed, Activated(), second, *ending)
    return Steps(branch, one.scale(depth), (Activated(),))


def _preact(one: Block, depth: int) -> Steps:
    first, last = one.factors(depth)
    inside: tuple[Step, ...] = (*one.normed, Activated(), Matrix(factor=first))
    return Steps((*inside, *one.normed, Activated(), Matrix(factor=last)), one.scale(depth))


def _pre_norm(one: Block, depth: int) -> Steps:
    return Steps((*one.normed, *_feed_forward(one, depth)), one.scale(depth))


def _post_norm(one: Block, depth: int) -> Steps:
    after, scale = one.normed, one.scale(depth)
    if one.init == "deepnorm":  # (αh + g)/√(var(αh + g) + eps), divided by α
        after = tuple(norm._replace(eps=norm.eps * scale * scale) for norm in after)
    return Steps(_feed_forward(one, depth), scale, after)


def _feed_forward(one: Block, depth: int) -> tuple[Step, ...]:
    first, last = one.factors(depth)
    return Matrix(("n", "m"), first, one.glu), Activated(one.glu), Matrix(("m", "n"), last)


_TWO = ("norm", "alpha", "init")
_FORWARD = ("norm", "alpha", "init", "expansion", "glu")

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            Family(
                "plain", "fully connected layers", "h ← f(N(W h + b))", ("norm",), _plain,
                meant_by=("none", "mlp", "dense"),
            ),
            Family(
                "residual", "a skip around each layer", "h ← h + α f(W N(h) + b)", _TWO,
                _residual,
                inits=("none", "zero"), meant_by=("skip", "shortcut", "resnet", "res"),
            ),
            Family(
                "basic_block", "two matrices, activated after the skip",
                "h ← f(h + α N(W₂ f(N(W₁ h))))", _TWO, _basic_block, norm="batch",
                inits=("none", "zero", "fixup"), matrices=2, source="He et al., CVPR 2016",
                meant_by=("post_activation", "postact", "resnet"), also_called=("basicblock",),
            ),
            Family(
                "preact", "two matrices, each after a norm and f",
                "h ← h + α W₂ f(N(W₁ f(N(h))))", _TWO, _preact, norm="batch",
                inits=("none", "zero", "fixup"), matrices=2, source="He et al., ECCV 2016",
                meant_by=("pre_activation",), also_called=("pre_act",),
            ),
            Family(
                "pre_norm", "a transformer's feed-forward block, the norm inside the branch",
                "h ← h + α W₂ f(W₁ N(h))", _FORWARD, _pre_norm, norm="layer",
                inits=("none", "zero", "fixup", "gpt2"), matrices=2,
                source="Xiong et al., ICML 2020",
                meant_by=("transformer", "ffn", "pre_ln", "gpt"),
            ),
            Family(
                "post_norm", "a transformer's feed-forward block, the norm after the skip",
                "h ← N(h + α W₂ f(W₁ h))", _FORWARD, _post_norm, norm="layer",
                norms=("layer", "rms", "batch"), inits=("none", "zero", "gpt2", "deepnorm"),
                matrices=2, source="Vaswani et al., NIPS 2017", meant_by=("post_ln", "bert"),
            ),
        )
    }
)  # fmt: skip


@dataclass(frozen=True)
class Preset:
    """A name that people know for a block with certain parameters.

    Attributes:
        name: as it is asked for.
        family: the block's.
        values: the parameters that make it what it is: they cannot be given otherwise.
        title: what it is, in words.
        source: who described it.
    """

    name: str
    family: str
    values: Mapping[str, Value]
    title: str
    source: str
    meant_by: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in (
            Preset(
                "rezero", "residual", {"norm": "none", "alpha": LEARNED},
                "residual, its α learned from 0", "Bachlechner et al., UAI 2021",
            ),
            Preset(
                "skipinit", "preact", {"norm": "none", "alpha": LEARNED},
                "preact without a norm, its α learned from 0", "De & Smith, NeurIPS 2020",
            ),
            Preset(
                "fixup", "preact", {"norm": "none", "init": "fixup"},
                "preact without a norm, W₁ scaled down, W₂ = 0", "Zhang et al., ICLR 2019",
            ),
            Preset(
                "deepnorm", "post_norm", {"norm": "layer", "init": "deepnorm"},
                "post_norm with a larger skip and smaller weights", "Wang et al., 2022",
            ),
            Preset(
                "swiglu", "pre_norm", {"norm": "rms", "glu": "yes"},
                "pre_norm with a gate beside f: with f = silu as LLaMA has it", "Shazeer, 2020",
                also_called=("glu",),
            ),
        )
    }
)  # fmt: skip

BLOCKS: Mapping[str, Family | Preset] = MappingProxyType({**FAMILIES, **PRESETS})
"""All names by which blocks are asked for."""


PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "norm": "what N is: none, layer, rms or batch.",
        "alpha": "α, by which a branch is multiplied before it is added: a number, 1/sqrt(L) for L "
        "blocks, or learned, which begins at 0.",
        "init": "zero: the last matrix, or the γ of the norm after it, is 0; fixup: the first over "
        "√L, the last 0; gpt2: the last over √(2L); deepnorm: a skip of (2L)^¼, both times "
        "(8L)^-¼.",
        "expansion": "how many times wider a transformer's block is inside: 4.",
        "glu": "yes: f times a second matrix, as in SwiGLU, where f is silu.",
    }
)
"""What each parameter is, in words."""


# ---------------------------------------------------------------------- block


def _left_by(step: Step, n: int, m: int) -> int:
    """How many numbers a row a step leaves: its output, of f also f′, with a gate f beside it."""
    if isinstance(step, Matrix):
        return {"n": n, "m": m}[step.inside[1]] * (2 if step.gated else 1)
    if isinstance(step, Activated):
        return m * (3 if step.gated else 2)
    return n


@dataclass(frozen=True)
class Block:
    """A block with its parameters given; two with the same `spec` are equal.

    Attributes:
        spec: the text form, which `block` reads back.
        family: its form.
        norm: which norm.
        alpha: α: a number, 1/sqrt(L), or learned.
        init: the initialisation of its branches: none, zero, fixup, gpt2 or deepnorm.
        expansion: m / n.
        glu: whether f is gated.
    """

    spec: str
    family: Family
    norm: Norm
    alpha: Alpha = 1.0
    init: str = "none"
    expansion: float = 1.0
    glu: bool = False

    @property
    def name(self) -> str:
        """The name without parameters."""
        return self.family.name

    @property
    def plain(self) -> bool:
        """Whether it is a layer with neither a skip nor a norm: what `gradient_flow` runs."""
        return self.spec == "plain"

    @property
    def skips(self) -> bool:
        """Whether a skip goes around the branch."""
        return self.family.skips

    @property
    def in_batch(self) -> bool:
        """Whether rows of a batch depend on one another."""
        return self.norm == "batch"

    def inner(self, units: int) -> int:
        """m, the units inside a branch.

        Raises:
            InputError: an expansion that leaves none.
        """
        if self.family.matrices == 1:
            return units
        m = round(self.expansion * units)
        if m < 1:
            raise InputError(
                "block",
                self.spec,
                f"a block with a unit inside: {number(self.expansion)} · {units} is less than one",
                "try expansion=4, or more units",
            )
        return m

    def weights(self, units: int) -> int:
        """How many weights one block has."""
        if self.family.matrices == 1:
            return units * units
        return units * self.inner(units) * (3 if self.glu else 2)

    def states(self, units: int) -> int:
        """So many numbers a row are kept of a block on the way up, for the way down."""
        if self.plain:
            return 5 * units // 2
        steps, m = self.steps(1), self.inner(units)
        each = [_left_by(step, units, m) for step in steps.all]
        return sum(each) + (units if self.skips else 0)

    def scale(self, depth: int) -> float:
        """α of each of so many blocks, at the start of training."""
        if self.init == "deepnorm":
            return math.pow(2.0 * depth, -0.25)  # its α is that of the skip: N(αh + …) = N(h + …/α)
        if self.alpha == LEARNED:
            return 0.0
        return 1.0 / math.sqrt(depth) if isinstance(self.alpha, str) else self.alpha

    def factors(self, depth: int) -> tuple[float, float]:
        """What the weights of the first matrix of each of so many blocks, and the last, have more.

        fixup: L^(-1/2) and 0, for L^(-1/(2m - 2)) at m = 2 matrices; gpt2: 1 and 1/√(2L);
        deepnorm: (8L)^-¼ both.
        """
        if self.init == "fixup":
            return 1.0 / math.sqrt(depth), 0.0
        if self.init == "zero":
            return 1.0, 0.0
        if self.init == "gpt2":
            return 1.0, (2.0 * depth) ** -0.5
        if self.init == "deepnorm":
            return (8.0 * depth) ** -0.25, (8.0 * depth) ** -0.25
        return 1.0, 1.0

    def steps(self, depth: int) -> Steps:
        """Of what each of so many blocks is made."""
        return self.family.steps(self, depth)

    @property
    def normed(self) -> tuple[Normed, ...]:
        """Its norm as a step; none where it has none."""
        return () if self.norm == "none" else (Normed(self.norm, EPS[self.norm]),)


PLAIN = "plain"
WITH_SKIP = f"residual(alpha={ROOT_OF_DEPTH})"
"""What a plain layer is with a skip around it that stays in bounds at any depth."""
