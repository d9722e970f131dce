"""From a formula to an activation like any other: its definition, its family, its equals."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.facts import grid
from gradtui.mathematics.activations.formula import nodes as n
from gradtui.mathematics.activations.formula.differentiation import differentiated
from gradtui.mathematics.activations.formula.evaluation import Evaluated
from gradtui.mathematics.activations.formula.nodes import Named, Node, Read
from gradtui.mathematics.activations.formula.reading import MOST_CHARACTERS, FormulaError, read
from gradtui.mathematics.activations.formula.shape import (
    MOST_BREAKS,
    breaks,
    ends,
    pole,
    swings_ever_wider,
    undefined_at,
)
from gradtui.mathematics.activations.formula.writing import shown, typed
from gradtui.mathematics.activations.record import (
    Activation,
    Definition,
    Family,
    Parameter,
    short,
)
from gradtui.mathematics.spec import number

SOURCE = "a formula of your own"
_NEAR = np.linspace(-2.0, 2.0, 33)
_TINY = 1e-12
_MOST = 1e100
"""What |f| and |f′| may be there."""
_MOST_PARTS = 3_000
"""Of the formula and its derivative, each counted once."""
ROUNDING = 1e-12
"""What jumps less than this where a formula breaks does so by rounding."""


@dataclass(frozen=True)
class FormulaFamily(Family):
    """A formula, its parameters free.

    Attributes:
        read: as it was read.
        tree: from the values of the parameters to the tree.
    """

    read: Read = field(default=Read(n.Z, ()), compare=False)
    tree: Callable[..., Node] = field(default=lambda: n.Z, compare=False)

    def spec_of(self, checked: Mapping[str, float]) -> str:
        """The text form: the formula, and the values of its parameters behind commas."""
        return ", ".join([self.name, *(f"{key}={number(v)}" for key, v in checked.items())])

    def restoring(
        self, values: Mapping[str, float]
    ) -> tuple[Callable[..., Activation], tuple[str]]:
        """How to make the activation of these values again, in another process."""
        return _restored, (self.spec_of(values),)


@lru_cache(256)
def from_formula(text: str) -> Activation:
    """The activation that a formula of z is: `z*sigmoid(beta*z), beta=1.5`.

    Its derivative is that of calculus, its facts are derived as those of any other activation.

    Raises:
        FormulaError: it cannot be read; with the column.
        InputError: it is not a finite number at every z, or breaks endlessly often.
    """
    families = _families()
    found = read(text[: 2 * MOST_CHARACTERS].strip(), families.get)
    tree = partial(_tree, found, families)
    family = FormulaFamily(
        name=typed(found.root),
        source=SOURCE,
        parameters=tuple(Parameter(name, value) for name, value in found.parameters),
        also_called=(),
        meant_by=(),
        define=lambda **values: _definition(text, tree(**values)),
        read=found,
        tree=tree,
    )
    activation = family.bound(dict(found.parameters))
    activation.definition  # noqa: B018 - refuses what is not finite
    return activation


def tree_of(text: str) -> Node:
    """A formula's tree, its parameters bound, of which nothing is computed.

    Raises:
        FormulaError: it cannot be read.
    """
    families = _families()
    found = read(text.strip(), families.get)
    return _tree(found, families, **dict(found.parameters))


def _families() -> Mapping[str, Family]:
    """The activations by each of their names."""
    from gradtui.mathematics.activations.registry import ACTIVATIONS

    families = [one.family for one in ACTIVATIONS.values()]
    called = {name: one for one in families for name in one.also_called}
    return called | {one.name: one for one in families}


def _tree(found: Read, families: Mapping[str, Family], **values: float) -> Node:
    def bind(named: Named, own: Mapping[str, float]) -> Activation:
        return families[named.name].bound(own)

    return found.bound(values, bind)


def _definition(text: str, root: Node) -> Definition:
    f = Evaluated(root)
    slope = differentiated(root)
    if sum(1 for _ in itertools.chain(n.parts(root), n.parts(slope))) > _MOST_PARTS:
        raise FormulaError(text, 1, "its derivative is too long", "write it shorter")
    df = Evaluated(slope)
    joins = breaks(root)
    if joins is None:
        raise InputError(
            "activation", text, f"a formula with at most {MOST_BREAKS} kinks",
            "take away what swings inside abs, max, min, where or a divisor",
        )  # fmt: skip
    for tree, what in ((root, "it"), (slope, "f′")):
        _check_finite(text, root, tree, what, joins)
    return Definition(
        formula=shown(root),
        derivative_formula=shown(slope),
        f=f,
        df=df,
        ends=ends(root),
        slopes=ends(slope),
        log_df=df.log,
        log_f=f.log,
        breaks=joins,
        rounding=ROUNDING * min(1.0, _largest(root)),
        kinks_like=_kinks_like(root),
    )


_BREAKING = {
    "max": "torch.maximum", "min": "torch.minimum", "abs": "torch.abs", "sign": "torch.sign",
    "where": "torch.where",
}  # fmt: skip


def _kinks_like(root: Node) -> str:
    """Whose convention is taken where the formula has kinks."""
    ops = {node.op for node in n.parts(root)}
    used = [name for op, name in _BREAKING.items() if op in ops] or ["PyTorch"]
    return " and ".join([", ".join(used[:-1]), used[-1]] if used[1:] else used)


def _check_finite(text: str, root: Node, tree: Node, what: str, joins: tuple[float, ...]) -> None:
    """Refuse a formula of which f or f′, the `tree`, is no number somewhere, or has no bounds."""
    allowed, hint = "", ""
    if (found := undefined_at(tree, joins)) is not None:
        at, grows = found
        why = "is too large" if grows else "has none"
        place = short(at) if abs(at) > _TINY else "0"
        allowed = f"with a number at every z: at z = {place} {what} {why}"
        hint = _hint(root, at, grows)
    elif (near := pole(tree, joins)) is not None:
        allowed = f"with a number at every z: near z = {short(near)} {what} has no bound"
        hint = _hint(root, near, grows=False)
    elif not _largest(tree) < _MOST:
        allowed, hint = "of at most 1e100 near z = 0", "write smaller numbers"
    elif swings_ever_wider(tree):
        allowed = f"that is bounded where it swings: {what} swings ever wider"
        hint = "divide it by what grows, or cut z: sin(clip(z, -10, 10))"
    if allowed:
        raise InputError("activation", text, f"a formula {allowed}", hint)


def _largest(root: Node) -> float:
    """The largest magnitude beside z = 0."""
    with np.errstate(all="ignore"):
        return float(abs(Evaluated(root)(_NEAR)).max())


def _hint(root: Node, at: float, grows: bool) -> str:
    """What to write instead."""
    ops = {node.op for node in n.parts(root)}
    divided = any(node.op == "/" and n.has_z(node.args[1]) for node in n.parts(root))
    place = short(at) if abs(at) > _TINY else "0"
    if any(node.op == "/" and node.args[1].number == 0.0 for node in n.parts(root)):
        return "it divides by 0: divide by another number"
    if grows:
        return "what grows so fast has to be cut: clip(z, -10, 10)"
    if "log" in ops:
        return "the logarithm of a positive number is finite: log(1 + abs(z))"
    if "sqrt" in ops:
        return "the root of what stays above 0 is smooth: sqrt(z**2 + 1)"
    if divided and "exp" in ops and place == "0":
        return "write exp(z) - 1 as expm1(z), and choose a value at 0: where(z == 0, 1, …)"
    if divided:
        return f"keep the divisor from 0, or choose there: where(z == {place}, 0, …)"
    return "add to what has a power, or is divided by, what keeps it from 0"


@dataclass(frozen=True)
class Equal:
    """A registered activation that a formula is, or nearly is.

    Attributes:
        spec: its text form.
        apart: the most by which the two, or their derivatives, differ; 0 where by rounding alone.
        kinks: the kinks at which the two take another value for f′.
    """

    spec: str
    apart: float
    kinks: tuple[float, ...]


_SAME, _NEARLY = 1e-12, 1e-3


def same_as(f: Activation) -> Equal | None:
    """The registered activation that is nearest to a formula; None where none is near.

    Parameters are looked for among the numbers in the formula.
    """
    from gradtui.mathematics.activations.registry import ACTIVATIONS

    if not isinstance(f.family, FormulaFamily):
        return None
    numbers = {node.number for node in n.parts(f.family.tree(**f.parameters))}
    found = sorted({x for x in numbers if x is not None} | {1.0 / x for x in numbers if x})
    candidates = list(ACTIVATIONS.values())
    for known in ACTIVATIONS.values():
        many = len(known.family.parameters)
        if 0 < many <= 2:
            for values in itertools.product(found, repeat=many):
                try:
                    names = (p.name for p in known.family.parameters)
                    candidates.append(known.family.bound(dict(zip(names, values, strict=True))))
                except InputError:
                    continue
    near = [equal for known in candidates if (equal := _compared(f, known)) is not None]
    return min(near, key=lambda equal: equal.apart, default=None)


def _compared(f: Activation, known: Activation) -> Equal | None:
    """How far apart both are wherever they are looked at; None where that is far."""
    rough = np.array([-1.7, 0.3, 2.1])
    if np.abs(f(rough) - known(rough)).max() > _NEARLY:
        return None
    joins = np.array([*f.breaks, *known.breaks])
    beside = np.concatenate([joins + sign * size for sign in (-1, 1) for size in (1e-9, 1e-3)])
    z = np.setdiff1d(np.concatenate([grid(), np.linspace(-60.0, 60.0, 961), beside]), joins)
    apart = 0.0
    for mine, its in ((f, known), (f.derivative, known.derivative)):
        one, two = mine(z), its(z)
        with np.errstate(invalid="ignore"):
            gap = np.where(one == two, 0.0, np.abs(one - two) / np.maximum(1.0, np.abs(two)))
        apart = max(apart, float(gap.max()))
    if not apart <= _NEARLY:
        return None
    if joins.size and np.abs(f(joins) - known(joins)).max() > _NEARLY:
        return None
    kinks = tuple(k.at for k in known.kinks if abs(f.derivative(k.at) - k.derivative) > _SAME)
    return Equal(known.spec, apart if apart > _SAME else 0.0, kinks)


def _restored(spec: str) -> Activation:
    return from_formula(spec)
