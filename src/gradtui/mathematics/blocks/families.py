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
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from gradtui.errors import InputError, nearest
from gradtui.mathematics.spec import Value, format_spec, lookup, number, parse_spec

Norm: TypeAlias = Literal["none", "layer", "rms", "batch"]
NORMS: tuple[Norm, ...] = ("none", "layer", "rms", "batch")

ROOT_OF_DEPTH = "1/sqrt(L)"
LEARNED = "learned"
Alpha: TypeAlias = float | str
"""A number, or one of the two: 1/√L, or a number that is learned and begins at 0."""

EPS: Mapping[str, float] = MappingProxyType({"layer": 1e-5, "rms": 1e-6, "batch": 1e-5})
"""The eps of each norm, as PyTorch's layers have it; of RMSNorm that of LLaMA."""

_MOST_ALPHA = 1e10
_ALPHAS = f"a number from 0 to 1e10, {ROOT_OF_DEPTH} or {LEARNED}"
_MOST_EXPANSION = 64.0
_EXPANSIONS = "a number above 0, at most 64"


# ---------------------------------------------------------------------- steps


class Matrix(NamedTuple):
    """W h + b.

    Attributes:
        inside: whether it comes from the stream into the branch's own width m, comes back from it,
            or neither: ("n", "m"), ("m", "n"), ("n", "n").
        factor: by which the recipe's weights are multiplied; 0 for a zero-initialised one. Biases
            are then 0 too.
        gated: whether it is two of them, a gate's and the other's, as `Gated` takes them.
    """

    inside: tuple[Literal["n", "m"], Literal["n", "m"]] = ("n", "n")
    factor: float = 1.0
    gated: bool = False


class Normed(NamedTuple):
    """A norm.

    Attributes:
        norm: which.
        eps: its eps.
        weight: γ of every unit: 1, or 0 where it is zero-initialised.
    """

    norm: Norm
    eps: float
    weight: float = 1.0


class Activated(NamedTuple):
    """f of every number, or of the first half times the second."""

    gated: bool = False


Step: TypeAlias = Matrix | Normed | Activated


class Steps(NamedTuple):
    """Of what one block is made.

    Attributes:
        branch: the steps of the branch, or all where there is no skip.
        scale: α as a number; None where there is no skip.
        after: the steps on the stream after the branch was added.
    """

    branch: tuple[Step, ...]
    scale: float | None
    after: tuple[Step, ...] = ()

    @property
    def all(self) -> tuple[Step, ...]:
        """Every step in order."""
        return (*self.branch, *self.after)


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

    def changed(self, **given: Value) -> Block:
        """The same with other parameters, by name.

        Raises:
            InputError: parameters that it does not have, or that contradict one another.
        """
        own = {"norm": self.norm, "alpha": self.alpha, "init": self.init}
        own |= {"expansion": self.expansion, "glu": "yes" if self.glu else "no"}
        values = {name: own[name] for name in self.family.parameters} | given
        return block(_written(self.name, values))

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
            return 2 * units
        return self.inner(units) * (3 if self.glu else 2) + units * (2 + 2 * (self.norm != "none"))

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


def block(spec: str | Block) -> Block:
    """The block that `spec` names, with the parameters it gives.

    Args:
        spec: "residual(alpha=0.1)", "residual(alpha=1/sqrt(L))", "pre_norm(init=gpt2)",
            "plain(norm=batch)", "rezero", or a block.

    Raises:
        InputError: for an unknown name or parameter, a value out of its range, or parameters that
            contradict one another.
    """
    if isinstance(spec, Block):
        return spec
    if not isinstance(spec, str):
        raise InputError("block", spec, "the name of a block", "for example residual")
    if empty := _EMPTY.search(spec):
        raise InputError(
            "block", spec, f"complete: {empty[1]} has no value", "give it one, or leave it away"
        )
    try:
        parsed = parse_spec("block", _in_words(spec), "residual or pre_norm(norm=rms)")
    except InputError as error:
        raise _unreadable(spec, error) from None
    entry = lookup("block", "block", parsed.name, BLOCKS, otherwise=f"there are: {_NAMES}")
    family = FAMILIES[entry.family] if isinstance(entry, Preset) else entry
    names = family.parameters
    if parsed.positional:
        raise InputError(
            "block", spec, f"of the form {entry.name}({names[0]}=…)",
            f"each value needs the name of its parameter; it takes: {', '.join(names)}",
        )  # fmt: skip
    given = {
        name: _PARAMETERS[name](family, entry.name, value)
        for name, value in parsed.values("block", names).items()
    }
    if isinstance(entry, Preset):
        for name, value in entry.values.items():
            if given.setdefault(name, value) != value:
                raise InputError(
                    "block", spec, f"{entry.name} with its own {name}, which is {value}",
                    f"try {family.name}({name}={_text(given[name])})",
                )  # fmt: skip
    defaults: dict[str, Value] = {
        "norm": family.norm, "alpha": 1.0, "init": "none", "expansion": 4.0, "glu": "no",
    }  # fmt: skip
    chosen = {
        name: given[name] for name in names if given.get(name, defaults[name]) != defaults[name]
    }
    values = {**defaults, **chosen}
    found = Block(
        _written(family.name, chosen),
        family,
        values["norm"],  # type: ignore[arg-type]
        values["alpha"],
        str(values["init"]),
        float(values["expansion"]) if "expansion" in names else 1.0,
        values["glu"] == "yes",
    )
    _refuse_contradictions(found, spec, () if isinstance(entry, Family) else tuple(entry.values))
    return found


def _unreadable(spec: str, error: InputError) -> InputError:
    """An error in the value of a parameter as one of the block, with all that the value may be."""
    parameter = error.field.removeprefix("block ")
    if (values := _VALUES.get(parameter)) is None:
        return InputError("block", spec, error.allowed, error.next_step)
    name = spec.partition("(")[0].strip().lower()
    entry = BLOCKS.get(name, FAMILIES["pre_norm"])
    if parameter not in (FAMILIES[entry.family] if isinstance(entry, Preset) else entry).parameters:
        name = "pre_norm"
    return InputError(
        "block",
        spec,
        f"a block with {parameter} {values}",
        f"try {name if name in BLOCKS else entry.name}({_EXAMPLES[parameter]})",
    )


def _refuse_contradictions(one: Block, typed: str, fixed: tuple[str, ...]) -> None:
    """Refuse what cannot be together, or would never learn.

    Args:
        one: the block.
        typed: what it was asked for as.
        fixed: the parameters that its name has given it.
    """
    if one.init in ("zero", "fixup") and (one.alpha == LEARNED or one.alpha == 0.0):
        alpha = "learned from 0" if one.alpha == LEARNED else "0"
        free = [name for name in ("alpha", "init") if name not in fixed]
        raise InputError(
            "block", typed, f"a block that can learn: its α is {alpha} and init={one.init} makes "
            "its last matrix 0, so that neither is ever moved", f"leave {' or '.join(free)} away",
        )  # fmt: skip
    if one.init == "fixup" and (one.norm != "none" or one.glu):
        what = "a gate" if one.glu else f"norm={one.norm}"
        raise InputError(
            "block", typed, f"a block that fixup was made for: it has {what}",
            "leave the gate away" if one.glu else "add norm=none, or take init=zero",
        )  # fmt: skip
    if one.init in ("fixup", "deepnorm") and one.alpha != 1.0:
        raise InputError("block", typed, f"a block with {one.init}'s own alpha", "leave alpha away")
    if one.init == "deepnorm" and one.norm != "layer":
        raise InputError(
            "block", typed, f"a block that deepnorm was made for: it has norm={one.norm}",
            "leave norm away",
        )  # fmt: skip


def _norm(family: Family, name: str, value: Value) -> Value:
    allowed = family.norms
    aliases = {"layernorm": "layer", "ln": "layer", "rmsnorm": "rms", "batchnorm": "batch",
               "bn": "batch", "no": "none", "off": "none"}  # fmt: skip
    word = aliases.get(str(value), value)
    return _one_of(name, "norm", word, allowed)


def _init(family: Family, name: str, value: Value) -> Value:
    aliases = {"gpt": "gpt2", "no": "none", "zeros": "zero"}
    word = "zero" if value == 0.0 else aliases.get(str(value), value)
    return _one_of(name, "init", word, family.inits)


def _glu(family: Family, name: str, value: Value) -> Value:
    aliases = {"true": "yes", "on": "yes", "false": "no", "off": "no", "none": "no"}
    word = {1.0: "yes", 0.0: "no"}.get(value) if isinstance(value, float) else value
    return _one_of(name, "glu", aliases.get(str(word), word or value), ("yes", "no"))


def _alpha(family: Family, name: str, value: Value) -> Value:
    if value == _ROOT_WORD:
        return ROOT_OF_DEPTH
    if value == LEARNED or (isinstance(value, float) and 0.0 <= value <= _MOST_ALPHA):
        return value + 0.0 if isinstance(value, float) else value
    raise InputError(
        "block", f"{name}(alpha={_text(value)})",
        f"{name} with alpha {_ALPHAS}",
        f"try {name}(alpha={ROOT_OF_DEPTH})",
    )  # fmt: skip


def _expansion(family: Family, name: str, value: Value) -> Value:
    if isinstance(value, float) and 0.0 < value <= _MOST_EXPANSION:
        return value
    raise InputError(
        "block", f"{name}(expansion={_text(value)})",
        f"{name} with expansion {_EXPANSIONS}", f"try {name}(expansion=4)",
    )  # fmt: skip


def _one_of(owner: str, name: str, value: object, words: tuple[str, ...]) -> str:
    if value in words:
        return str(value)
    near = nearest(str(value), words, 1)
    raise InputError(
        "block", f"{owner}({name}={value})", f"{owner} with {name} one of {', '.join(words)}",
        f"try {owner}({name}={near[0] if near else words[0]})",
    )  # fmt: skip


_PARAMETERS: Mapping[str, Callable[[Family, str, Value], Value]] = MappingProxyType(
    {"norm": _norm, "alpha": _alpha, "init": _init, "expansion": _expansion, "glu": _glu}
)
_VALUES: Mapping[str, str] = MappingProxyType(
    {
        "norm": f"one of {', '.join(NORMS)}",
        "alpha": _ALPHAS,
        "init": "one of none, zero, fixup, gpt2, deepnorm",
        "expansion": _EXPANSIONS,
        "glu": "yes or no",
    }
)
_EXAMPLES: Mapping[str, str] = MappingProxyType(
    {"norm": "norm=layer", "alpha": f"alpha={ROOT_OF_DEPTH}", "init": "init=zero",
     "expansion": "expansion=4", "glu": "glu=yes"}
)  # fmt: skip
_NAMES = ", ".join(BLOCKS)

_ROOT = re.compile(r"1\s*/\s*(?:(?:sqrt|√)\s*\(\s*[Ll]\s*\)|√\s*[Ll])|[Ll]\s*\*\*\s*-0?\.5")
_EMPTY = re.compile(r"(\w+)\s*=\s*[,)]")
_ROOT_WORD = "one_over_root_of_depth"
"""1/sqrt(L) as a word, which a text form can hold."""


def _in_words(spec: str) -> str:
    """A text form whose values are all numbers or words."""
    return _ROOT.sub(_ROOT_WORD, spec.replace("α", "alpha"))


def _text(value: Value) -> str:
    """A value as it is read back: 1e10 and not ten zeros."""
    if isinstance(value, str):
        return value
    short = re.sub(r"e\+0*", "e", f"{value:g}")
    return short if value >= _LONG and float(short) == value else number(value)


_LONG = 1e6


def _written(name: str, chosen: Mapping[str, Value]) -> str:
    long = {key: _text(value) for key, value in chosen.items() if _long(value)}
    return format_spec(name, {**chosen, **long})


def _long(value: Value) -> bool:
    return isinstance(value, float) and value >= _LONG
