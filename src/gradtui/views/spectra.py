"""Spectra of random networks as a setup describes them: Gaussian ones beside orthogonal ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.draw import Sigmas, initialisation
from gradtui.mathematics.network.spectrum import Spectrum, jacobian_spectra
from gradtui.mathematics.spec import number
from gradtui.mathematics.steps import told
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.views.networks import drawn_steps, sigmas_of
from gradtui.views.setup import Setup
from gradtui.views.view import Remedy

GAUSSIAN, ORTHOGONAL = "Gaussian", "orthogonal"

_WORK, _LAYER = 3e9, 1e5
"""n³ that all the networks may cost, some ten seconds, and what a layer costs beside its own."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The spectra of random networks of one family, pooled by depth.

    Attributes:
        weights: "Gaussian" or "orthogonal".
        init: the recipe, with the σw and σb that both families share.
        spectra: those at each depth that was reached, one a network.
    """

    weights: str
    init: str
    spectra: Mapping[int, tuple[Spectrum, ...]] = field(default_factory=dict)

    def with_(self, one: Spectrum) -> Ensemble:
        """The same with a spectrum more."""
        more = (*self.spectra.get(one.depth, ()), one)
        return replace(self, spectra={**self.spectra, one.depth: more})

    def at(self, depth: int) -> Pool | None:
        """The singular values of all its networks at one depth, if there are any."""
        found = self.spectra.get(depth, ())
        return Pool(found) if found else None


@dataclass(frozen=True, eq=False)
class Pool:
    """The singular values of several networks at one depth."""

    spectra: Sequence[Spectrum]

    @property
    def log10(self) -> Array:
        """All of them, in no order; -inf for what is exactly 0."""
        return np.concatenate([one.log10_singular_values for one in self.spectra])

    @property
    def alive(self) -> Array:
        """Those that are not 0."""
        values = self.log10
        return values[values > -np.inf]

    @property
    def median(self) -> float:
        """The median of those that are not 0; -inf if all are."""
        return float(np.median(self.alive)) if self.alive.size else -math.inf

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest that is not 0, and the largest; -inf if all are 0."""
        alive = self.alive
        return (float(alive.min()), float(alive.max())) if alive.size else (-math.inf, -math.inf)

    @property
    def condition(self) -> float:
        """A network's largest over its smallest that is not 0, in the median; NaN if all are 0."""
        ratios = [
            one.log10_singular_values[0] - one.log10_singular_values[one.rank - 1]
            for one in self.spectra
            if one.rank
        ]
        return float(np.median(ratios)) if ratios else math.nan

    def surviving(self, threshold: float) -> float:
        """The share of the directions that keep at least `threshold`."""
        return float(np.mean([one.surviving(threshold) for one in self.spectra]))

    @property
    def dead(self) -> float:
        """The share of the directions that are exactly 0."""
        return float(np.mean(self.log10 == -np.inf))


@dataclass(frozen=True, eq=False)
class Pair:
    """One activation with one σw and σb: Gaussian networks, and orthogonal ones.

    Attributes:
        subject: what it is called beside those that it is compared with.
        activation: f.
        init: the recipe that was chosen, from which σw and σb come.
        sigmas: these, and whether its weights are orthogonal.
        critical: the critical σw at this σb, where there is one.
        ensembles: the Gaussian one and the orthogonal one.
    """

    subject: str
    activation: str
    init: str
    sigmas: Sigmas
    critical: float | None
    ensembles: tuple[Ensemble, Ensemble]

    @property
    def chosen(self) -> Ensemble:
        """The family that the recipe belongs to; uniform weights spread like Gaussian ones."""
        return self.ensembles[self.sigmas.weights == ORTHOGONAL]

    @property
    def other(self) -> Ensemble:
        """The family that it is compared with."""
        return self.ensembles[self.sigmas.weights != ORTHOGONAL]


@dataclass(frozen=True, eq=False)
class Spectra:
    """Every pair.

    Attributes:
        setup: what they are of.
        pairs: one for each activation, or for each initialisation.
        remedies: what was found to help, by subject.
        progress: what is told of the share that is done: it moves in steps worth a picture.
        done: the share that is done.
    """

    setup: Setup
    pairs: tuple[Pair, ...]
    remedies: Mapping[str, Remedy | None] = field(default_factory=dict)
    progress: float = 0.0
    done: float = 0.0

    def with_(self, index: int, family: int, ensemble: Ensemble) -> Spectra:
        """The same with an ensemble that has grown."""
        pair = self.pairs[index]
        ensembles = (ensemble, pair.ensembles[1]) if family == 0 else (pair.ensembles[0], ensemble)
        grown = replace(pair, ensembles=ensembles)
        return replace(self, pairs=(*self.pairs[:index], grown, *self.pairs[index + 1 :]))

    def pair(self, subject: str) -> Pair:
        """The one of that name."""
        return next(one for one in self.pairs if one.subject == subject)

    def focused(self, setup: Setup) -> Pair:
        """The one that picture and details are for."""
        wanted = (setup.focus, self.pairs[0].subject)
        return next(one for name in wanted for one in self.pairs if one.subject == name)


# ------------------------------------------------------------------ drawing


def depths_of(depth: int) -> tuple[int, ...]:
    """The depths at which spectra are taken: 1, 2, 5, 10, … and the last."""
    round_ones = (digit * 10**power for power in range(5) for digit in (1, 2, 5))
    return (*(one for one in round_ones if one < 0.8 * depth), depth)


def shown_depth(setup: Setup) -> int:
    """The depth with a spectrum that is nearest to the cursor."""
    return min(depths_of(setup.depth), key=lambda one: abs(math.log(one / setup.layer)))


def networks_of(setup: Setup) -> int:
    """How many networks of each kind are drawn: those asked for, as far as it takes seconds."""
    kinds = 2 * max(len(setup.activations), len(setup.init))
    most = _WORK / (kinds * setup.depth * (setup.units**3 + _LAYER))
    return max(1, min(setup.networks, int(most)))


def pair_of(setup: Setup, subject: str, name: str, init: str) -> Pair:
    """Two empty ensembles with the σw and σb of a recipe."""
    found = sigmas_of(setup, name, init)
    sigma_w, sigma_b = (rounded(math.sqrt(s)) for s in (found.sigma_w2, found.sigma_b2))
    try:
        critical = math.sqrt(critical_sigma_w2(name, found.sigma_b2))
    except InputError:
        critical = None
    return Pair(
        subject,
        name,
        init,
        found,
        critical,
        (
            Ensemble(GAUSSIAN, recipe("normal", sigma_w=sigma_w, sigma_b=sigma_b)),
            Ensemble(ORTHOGONAL, recipe("orthogonal", gain=sigma_w, sigma_b=sigma_b)),
        ),
    )


def recipe(name: str, **values: float) -> str:
    """The text form of an initialisation with these parameters."""
    given = ", ".join(f"{key}={number(value)}" for key, value in values.items())
    return initialisation(f"{name}({given})").spec


def rounded(value: float) -> float:
    """Ten digits: a command that can be read."""
    return float(f"{value:.10g}")


def spectra_steps(setup: Setup, name: str, init: str, count: int) -> Iterator[float | Spectrum]:
    """Draw the network with this number, and take its spectra on the way at a random input.

    The same number gives the same input and the same seed as in the decay view. Yields the share
    that is done, and every spectrum.
    """
    network, rng = yield from told(drawn_steps(setup, name, init, count), lambda share: 0.2 * share)
    x = abs(setup.x) * rng.standard_normal(setup.units)
    depths = depths_of(setup.depth)
    for step in jacobian_spectra(name, network.weights, network.biases, x, depths):
        if step.spectrum is not None:
            yield step.spectrum
        yield 0.2 + 0.8 * step.done
