"""Spectra of random networks, pooled: those asked for, beside ones of the same σw of another kind.

That is orthogonal weights, or of orthogonal ones Gaussian ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation import Initialisation, initialisation
from gradtui.mathematics.initialisation.record import LayerSigmas, one_for_all, with_weights
from gradtui.mathematics.network.spectrum import Spectrum, jacobian_spectra
from gradtui.mathematics.spec import number as plain_number
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.models import LAYERED
from gradtui.models.finding import Kind, Remedy
from gradtui.models.judging import Shares, are_most
from gradtui.models.network.cost import spectra_seconds_of
from gradtui.models.network.death import passing_share
from gradtui.models.patience import within
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part
from gradtui.setup import Setup

ORTHOGONAL = "orthogonal"
_CALLED = {"normal": "Gaussian"}

_HALF = 0.5 + 1e-9
"""A share of all z, to rounding."""
_DRAWING = 0.2
"""The share of the work of a network that drawing its weights is."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The singular values of several networks at one depth."""

    spectra: Sequence[Spectrum]

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
        alive = self.alive
        return (float(alive.min()), float(alive.max())) if alive.size else (-math.inf, -math.inf)

    @property
    def condition(self) -> float:
        """A network's largest over its smallest that is not 0, in the median; NaN if all are 0."""
        ratios = [
            spectrum.log10_singular_values[0] - spectrum.log10_singular_values[spectrum.rank - 1]
            for spectrum in self.spectra
            if spectrum.rank
        ]
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
        spectra: those at each depth that was reached, one a network.
    """

    weights: str
    recipe: Initialisation
    spectra: Mapping[int, tuple[Spectrum, ...]] = field(default_factory=dict)

    def with_(self, spectrum: Spectrum) -> Ensemble:
        """The same with a spectrum more."""
        more = (*self.spectra.get(spectrum.depth, ()), spectrum)
        return replace(self, spectra={**self.spectra, spectrum.depth: more})

    def at(self, depth: int) -> Pool | None:
        """The singular values of all its networks at one depth, if there are any."""
        found = self.spectra.get(depth, ())
        return Pool(found) if found else None


@dataclass(frozen=True, eq=False)
class Pair:
    """One subject: networks of its own recipe, and others whose layers have the same σw and σb.

    Attributes:
        subject: with the recipe that was chosen.
        sigmas: σw and σb of its layers, and whether its weights are orthogonal.
        critical: the critical σw at this σb, where there is one.
        ensembles: the one that is not orthogonal, and the orthogonal one.
    """

    subject: Subject
    sigmas: LayerSigmas
    critical: float | None
    ensembles: tuple[Ensemble, Ensemble]

    @property
    def chosen(self) -> Ensemble:
        """That of the recipe."""
        return self.ensembles[self.sigmas.weights == ORTHOGONAL]

    @property
    def other(self) -> Ensemble:
        """The kind that it is compared with."""
        return self.ensembles[self.sigmas.weights != ORTHOGONAL]

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
        setup = self.subject.setup
        gains = self.sigmas.gains(setup.network.widths(setup.depth))
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
    lost from layer to layer.
    """
    kind = pool.kind(subject.setup.log10_threshold)
    by_design = passing_share(activation(subject.activation), 1.0) <= _HALF
    lost, room = pool.dead - no_room(subject), 1.0 - no_room(subject)
    if kind is Kind.HEALTHY and not by_design and 2.0 * lost > room:
        return Kind.DEAD
    return kind


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
    subject: Subject, number: int, tick: Tick, init: Initialisation | None = None
) -> Iterator[Spectrum]:
    """Draw the network with this number, and take its spectra on the way at a random input.

    The same number gives the same input and the same seed as wherever else networks are drawn.

    Args:
        subject: whose.
        number: which.
        tick: told the share that is done.
        init: draws its weights instead of its own recipe, if given.
    """
    drawn = LAYERED[subject.setup.model].drawn
    network, rng = drawn(subject, number, part(tick, 0.0, _DRAWING), init)
    x = abs(subject.setup.x) * rng.standard_normal(network.weights[0].shape[1])
    return jacobian_spectra(
        subject.activation,
        network.weights,
        network.biases,
        x,
        depths_of(subject.setup.depth),
        tick=part(tick, _DRAWING, 1.0 - _DRAWING),
    )
