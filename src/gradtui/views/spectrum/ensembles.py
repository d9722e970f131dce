"""Spectra of random networks, pooled: those asked for, beside ones of the same σw of another kind.

That is orthogonal weights, or of orthogonal ones Gaussian ones; of blocks those without the skip.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.blocks.families import PLAIN
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.blocks.steps import Norm, Normed
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation import Initialisation, initialisation
from gradtui.mathematics.initialisation.record import LayerSigmas, one_for_all, with_weights
from gradtui.mathematics.network.spectrum import Spectrum, jacobian_spectra
from gradtui.mathematics.spec import number as plain_number
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.models import LAYERED
from gradtui.models.finding import Kind, Remedy
from gradtui.models.judging import Shares, are_most
from gradtui.models.network.blocks import block_of
from gradtui.models.network.cost import spectra_seconds_of
from gradtui.models.network.death import passing_share
from gradtui.models.network.networks import expectation_of, widths_of
from gradtui.models.patience import within
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.views.spectrum.blocks import WITHOUT_NORM, spectra_of_blocks, without

ORTHOGONAL = "orthogonal"
_CALLED = {"normal": "Gaussian"}

_HALF = 0.5 + 1e-9
"""A share of all z, to rounding."""
_DRAWING = 0.2
"""The share of the work of a network that drawing its weights is."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The singular values of several networks at one depth.

    Attributes:
        spectra: those of each.
        scaled: whether norms of the stream divide its scale out, which eps alone then keeps: one
            direction of each network, the smallest that is not 0, that ends and condition leave
            aside.
    """

    spectra: Sequence[Spectrum]
    scaled: bool = False

    @property
    def log10(self) -> Array:
        """All of them, in no order; -inf for what is exactly 0."""
        return np.concatenate([spectrum.log10_singular_values for spectrum in self.spectra])

    @property
    def alive(self) -> Array:
        """Those that are not 0."""
        values = self.log10
        return values[values > -np.inf]

    @property
    def median(self) -> float:
        """The median of those that are not 0; -inf if all are."""
        return float(np.median(self.alive)) if self.alive.size else -math.inf

    def kind(self, log10_limit: float) -> Kind:
        """What becomes of a typical direction, of those that are not exactly 0.

        Dead where most networks pass nothing. Where a typical direction is healthy, but most
        networks are not, what becomes of most of those.
        """
        kind, shares = Kind.of(self.median, log10_limit), self.shares(log10_limit)
        if are_most(shares.counts[Kind.DEAD], shares.total):
            return Kind.DEAD
        return shares.kind if kind is Kind.HEALTHY else kind

    def shares(self, log10_limit: float) -> Shares:
        """What becomes of a typical direction of each network; dead is one that passes nothing."""
        medians = (Pool([spectrum]).median for spectrum in self.spectra)
        return Shares.of(Kind.of(median, log10_limit) for median in medians)

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest that is not 0, and the largest; -inf if all are 0."""
        kept = [self._kept(spectrum) for spectrum in self.spectra if spectrum.rank]
        if not kept:
            return -math.inf, -math.inf
        return min(float(own[-1]) for own in kept), max(float(own[0]) for own in kept)

    @property
    def root_mean_square(self) -> float:
        """log10 √(mean of σ²) of a network, in the median; -inf if all are 0."""
        each = []
        for spectrum in self.spectra:
            logs = spectrum.log10_singular_values
            if spectrum.rank:
                squares = 10.0 ** (2.0 * (logs - logs[0]))
                each.append(logs[0] + 0.5 * math.log10(squares.mean()))
            else:
                each.append(-math.inf)
        return float(np.median(each))

    @property
    def scale(self) -> float:
        """The median of those that are left aside; NaN where there are none."""
        aside = [
            spectrum.log10_singular_values[spectrum.rank - 1]
            for spectrum in self.spectra
            if self.scaled and spectrum.rank > 1
        ]
        return float(np.median(aside)) if aside else math.nan

    def _kept(self, spectrum: Spectrum) -> Array:
        """Those of a network that are not 0, without the one that is left aside."""
        return spectrum.log10_singular_values[: spectrum.rank - (self.scaled and spectrum.rank > 1)]

    @property
    def condition(self) -> float:
        """A network's largest over its smallest that is not 0, in the median; NaN if all are 0."""
        each = (self._kept(spectrum) for spectrum in self.spectra if spectrum.rank)
        ratios = [own[0] - own[-1] for own in each]
        return float(np.median(ratios)) if ratios else math.nan

    def surviving(self, threshold: float) -> float:
        """The share of the directions that keep at least `threshold`."""
        return float(np.mean([spectrum.surviving(threshold) for spectrum in self.spectra]))

    @property
    def dead(self) -> float:
        """The share of the directions that are exactly 0."""
        return float(np.mean(self.log10 == -np.inf))


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The spectra of random networks of one kind of weights, by depth.

    Attributes:
        weights: "Gaussian", "truncated", "uniform" or "orthogonal".
        recipe: what draws them.
        block: what the layers are.
        without: what of the block is left away; "" where it is whole.
        spectra: those at each depth that was reached, one a network.
    """

    weights: str
    recipe: Initialisation
    block: str = PLAIN
    without: str = ""
    spectra: Mapping[int, tuple[Spectrum, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What it is beside the other."""
        return self.without or (self.weights if self.block == PLAIN else self.block)

    def with_(self, spectrum: Spectrum) -> Ensemble:
        """The same with a spectrum more."""
        more = (*self.spectra.get(spectrum.depth, ()), spectrum)
        return replace(self, spectra={**self.spectra, spectrum.depth: more})

    def at(self, depth: int) -> Pool | None:
        """The singular values of all its networks at one depth, if there are any."""
        found = self.spectra.get(depth, ())
        return Pool(found, self.norm != "none") if found else None

    @property
    def norm(self) -> Norm:
        """The norm through which all of the stream goes."""
        if self.block == PLAIN or self.without == WITHOUT_NORM:
            return "none"
        steps = block(self.block).steps(1)
        through = steps.all if self.without or steps.scale is None else steps.after
        return next((step.norm for step in through if isinstance(step, Normed)), "none")


@dataclass(frozen=True, eq=False)
class Pair:
    """One subject: networks of its own recipe, and others whose layers have the same σw and σb.

    Of blocks the others have the same weights, but not the skip, or else not the norm.

    Attributes:
        subject: with the recipe that was chosen.
        sigmas: σw and σb of its layers, and whether its weights are orthogonal.
        critical: the critical σw at this σb, where there is one.
        ensembles: the one that is not orthogonal, and the orthogonal one; of blocks those as they
            are, and those without the skip.
        theory: log10 √(mean of σ²) at infinite width, of blocks; nan where it does not say.
    """

    subject: Subject
    sigmas: LayerSigmas
    critical: float | None
    ensembles: tuple[Ensemble, Ensemble]
    theory: float = math.nan

    @property
    def of_blocks(self) -> bool:
        """Whether the layers are blocks."""
        return not block_of(self.subject).plain

    @property
    def chosen(self) -> Ensemble:
        """That of the recipe."""
        return self.ensembles[self._second]

    @property
    def other(self) -> Ensemble:
        """The kind that it is compared with."""
        return self.ensembles[not self._second]

    @property
    def _second(self) -> bool:
        return not self.of_blocks and self.sigmas.weights == ORTHOGONAL

    @property
    def sigma_w(self) -> float:
        """σw; where layers differ, a typical one."""
        return math.sqrt(self.sigmas.typical.sigma_w2)

    @property
    def sigma_b(self) -> float:
        """σb; where layers differ, a typical one."""
        return math.sqrt(self.sigmas.typical.sigma_b2)

    @property
    def gain(self) -> float:
        """The gain of orthogonal matrices of this σw; where it differs by layer, a typical one."""
        depth, widths, one = (
            self.subject.setup.depth,
            widths_of(self.subject),
            block_of(self.subject),
        )
        if one.family.matrices == 2:
            widths = *(widths[0], one.inner(widths[0])) * depth, widths[0]
        gains = self.sigmas.gains(widths)
        return float(np.exp(np.mean(np.log(gains)))) if gains.all() else 0.0


@dataclass(frozen=True, eq=False)
class Spectra:
    """Every pair.

    Attributes:
        setup: what they are of.
        pairs: one for each of what is compared.
        remedies: what was found to help, by the name of the subject.
    """

    setup: Setup
    pairs: tuple[Pair, ...]
    remedies: Mapping[str, Remedy] = field(default_factory=dict)

    def with_(self, index: int, side: int, spectrum: Spectrum) -> Spectra:
        """The same with a spectrum more, in the first or second ensemble of a pair."""
        pair = self.pairs[index]
        gaussian, orthogonal = pair.ensembles
        if side == 0:
            grown = replace(pair, ensembles=(gaussian.with_(spectrum), orthogonal))
        else:
            grown = replace(pair, ensembles=(gaussian, orthogonal.with_(spectrum)))
        return replace(self, pairs=(*self.pairs[:index], grown, *self.pairs[index + 1 :]))

    def pair(self, subject: str) -> Pair:
        """The pair of that name."""
        return next(pair for pair in self.pairs if pair.subject.name == subject)

    def focused(self, setup: Setup) -> Pair:
        """The pair that picture and details are for."""
        return self.pair(setup.focus_of(tuple(pair.subject.name for pair in self.pairs)))


# ------------------------------------------------------------------ drawing


def depths_of(depth: int) -> tuple[int, ...]:
    """The depths at which spectra are taken: 1, 2, 5, 10, … and the last."""
    round_ones = (digit * 10**power for power in range(5) for digit in (1, 2, 5))
    return (*(layers for layers in round_ones if layers < 0.8 * depth), depth)


def shown_depth(setup: Setup) -> int:
    """The depth with a spectrum that is nearest to the cursor."""
    return min(depths_of(setup.depth), key=lambda depth: abs(math.log(depth / setup.layer)))


def networks_of(setup: Setup) -> int:
    """How many networks of each kind are drawn: those asked for, as far as there is time."""
    return within(setup.network.networks, setup.patience, spectra_seconds_of(setup))


def pair_of(subject: Subject) -> Pair:
    """Two empty ensembles: of the recipe itself, and of the other kind with the same σw and σb."""
    setup, own = subject.setup, initialisation(subject.init)
    found = LAYERED[setup.model].sigmas(subject)
    if not block_of(subject).plain:
        kind = _CALLED.get(found.weights, found.weights)
        whole = Ensemble(kind, own, subject.block)
        return Pair(subject, found, None, (whole, replace(whole, without=without(subject))))
    widths = setup.network.widths(setup.depth)
    try:
        critical = math.sqrt(critical_sigma_w2(subject.activation, found.typical.sigma_b2))
    except InputError:
        critical = None
    orthogonal = found.weights == ORTHOGONAL
    kind = "normal" if orthogonal else ORTHOGONAL
    chosen = Ensemble(_CALLED.get(found.weights, found.weights), own)
    other = Ensemble(_CALLED.get(kind, kind), _other(own, found, widths, kind))
    return Pair(subject, found, critical, (other, chosen) if orthogonal else (chosen, other))


def theory_of(pair: Pair, tick: Tick) -> float:
    """What infinite width says of blocks: log10 √(mean of σ²), as of E‖∂L/∂a_0‖²."""
    return float(expectation_of(pair.subject, tick).infinite[0]) if pair.of_blocks else math.nan


def _other(
    own: Initialisation, found: LayerSigmas, widths: Sequence[int], kind: str
) -> Initialisation:
    """Weights of that kind with the σw and σb of these layers, by a recipe where there is one."""
    scales = found.gains(widths) if kind == ORTHOGONAL else np.sqrt(found.sigma_w2)
    biases = np.sqrt(found.sigma_b2)
    if not (one_for_all(scales) and one_for_all(biases)):
        return with_weights(own, kind)
    name = "gain" if kind == ORTHOGONAL else "sigma_w"
    scale, sigma_b = rounded(float(scales[-1])), rounded(float(biases[-1]))
    return initialisation(recipe(kind, **{name: scale, "sigma_b": sigma_b}))


def kind_of(pool: Pool, subject: Subject) -> Kind:
    """The verdict on a pool of a subject's networks.

    Where most directions that find room in the narrowest layer are exactly 0 it is dead, but for
    an activation that is off for half of all z by design, as a rectifier is: there some more are
    lost from layer to layer. Where a few directions of blocks grow so much that a gradient does, as
    along a stream that adds up, it is exploding, whatever the median.
    """
    kind = pool.kind(subject.setup.log10_threshold)
    by_design = passing_share(activation(subject.activation), 1.0) <= _HALF
    lost, room = pool.dead - no_room(subject), 1.0 - no_room(subject)
    if kind is Kind.HEALTHY and not by_design and 2.0 * lost > room:
        return Kind.DEAD
    if kind is Kind.HEALTHY and swells(pool, subject):
        return Kind.EXPLODING
    return kind


def swells(pool: Pool, subject: Subject) -> bool:
    """Whether a gradient of random direction grows beyond what is healthy, through blocks."""
    limit = subject.setup.log10_threshold
    return not block_of(subject).plain and pool.root_mean_square > -limit


def no_room(subject: Subject) -> float:
    """The share of the directions that find no room in the narrowest layer."""
    widths = subject.setup.network.widths(subject.setup.depth)
    return 1.0 - min(widths) / widths[0]


def recipe(name: str, **values: float) -> str:
    """The text form of an initialisation with these parameters."""
    given = ", ".join(f"{key}={plain_number(value)}" for key, value in values.items())
    return initialisation(f"{name}({given})").spec


def rounded(value: float, digits: int = 10) -> float:
    """So many digits: a command that can be read."""
    return float(f"{value:.{digits}g}")


def spectra_of(
    subject: Subject, number: int, tick: Tick, ensemble: Ensemble | None = None
) -> Iterator[Spectrum]:
    """Draw the network with this number, and take its spectra on the way at a random input.

    The same number gives the same input and the same seed as wherever else networks are drawn.

    Args:
        subject: whose.
        number: which.
        tick: told the share that is done.
        ensemble: of this kind, not as the subject itself has it, if given.
    """
    init = None if ensemble is None else ensemble.recipe
    if not block_of(subject).plain:
        bare, depths = (
            ensemble is not None and bool(ensemble.without),
            depths_of(subject.setup.depth),
        )
        yield from spectra_of_blocks(subject, number, depths, bare, tick)
        return
    drawn = LAYERED[subject.setup.model].drawn
    network, rng = drawn(subject, number, part(tick, 0.0, _DRAWING), init)
    x = abs(subject.setup.x) * rng.standard_normal(network.weights[0].shape[1])
    yield from jacobian_spectra(
        subject.activation,
        network.weights,
        network.biases,
        x,
        depths_of(subject.setup.depth),
        tick=part(tick, _DRAWING, 1.0 - _DRAWING),
    )
