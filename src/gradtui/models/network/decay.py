"""Decay in networks: bound, scalar law, theory and measurement of ‖∂L/∂a_l‖."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation import Sigmas
from gradtui.mathematics.network import GradientFlow
from gradtui.mathematics.wide.path import GradientPath
from gradtui.models.decay import Bars, Decay, Guide, Layers, Value
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.models.network.cost import networks_of, seconds_of, why_fewer
from gradtui.models.network.ensemble import Ensemble, gradients, kept_layers
from gradtui.models.network.networks import Expectation, expectation_of, flow_of, theory
from gradtui.models.network.remedies import remedy_of
from gradtui.models.network.verdict import diagnose
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import Tick, part, unwatched
from gradtui.setup import Setup
from gradtui.wording import magnitude, plain, rate

_WORK_A_PICTURE = 3e7
"""Weights drawn before the first picture of an ensemble: some tenths of a second."""

_COLUMNS_A_BAR = 8

_FAR = 10_000
"""How deep the theory is followed to see where it leaves what is healthy."""

_MEASURING = 0.9
"""The share of the work that drawing networks is; the rest is for the remedies."""


@dataclass(frozen=True, eq=False)
class NetworkDecay(Decay):
    """One activation with one initialisation.

    Attributes:
        expectation: what is known without drawing.
        ensemble: what was measured, if anything was.
        remedy: what was found to help.
    """

    expectation: Expectation
    ensemble: Ensemble | None = None
    remedy: Remedy | None = None

    @property
    def depth(self) -> int:
        """The number of layers L."""
        return self.expectation.path.depth

    @property
    def log10_ratio(self) -> float:
        """log10 of what is left of the loss's gradient at the input: measured, else expected."""
        if self.ensemble is None:
            return float(self.expectation.centre[0])
        return float(self.ensemble.quantiles()[1][0])

    @property
    def _several(self) -> Ensemble | None:
        """The ensemble, if it has more than one network."""
        return self.ensemble if self.ensemble is not None and self.ensemble.networks > 1 else None

    def curve(self) -> tuple[Layers, Array]:
        """The median of what was measured, before that what is expected."""
        if self.ensemble is None:
            return np.arange(self.depth + 1.0), self.expectation.centre
        return self.ensemble.layers.astype(float), self.ensemble.quantiles()[1]

    def guides(self) -> tuple[Guide, ...]:
        """The bound, the scalar law, and theory with its band."""
        layers, expected = np.arange(self.depth + 1), self.expectation
        return (
            Guide(layers, expected.bound, "muted", "sparse", "near"),
            Guide(layers, expected.scalar, "muted", "long", "near"),
            *(Guide(layers, edge, "spread", "dotted") for edge in expected.band),
            Guide(layers, expected.infinite, "spread", "dashed"),
        )

    def bars(self, columns: int) -> Bars | None:
        """At a few layers, between which values 90 % of the networks lie."""
        if self._several is None:
            return None
        low, _, high = self._several.quantiles()
        count = max(2, columns // _COLUMNS_A_BAR)
        at = np.unique(np.linspace(0, len(low) - 1, count + 2).round().astype(int))[1:-1]
        return Bars(self._several.layers[at].astype(float), low[at], high[at])

    def legend(self) -> tuple[tuple[str, str], ...]:
        """Theory with its band, the bars, the laws."""
        parts = [("  ╍ theory", "spread"), (" ·90 %", "spread")]
        if self._several is not None:
            parts.append((f"  │ 90 % of {self._several.networks} networks", ""))
        return (*parts, ("  ━ ━ scalar", "muted"), ("  ⠂ bound", "muted"))

    def kind(self) -> Kind:
        """By the median at the input."""
        return Kind.of(self.log10_ratio, self.subject.setup.log10_threshold)

    def cells(self, layer: int) -> Mapping[str, str]:
        """What arrives at the layer, and how far it reaches."""
        low = median = high = "…"
        if self.ensemble is not None:
            at = int(np.abs(self.ensemble.layers - layer).argmin())
            low, median, high = (magnitude(float(e[at])) for e in self.ensemble.quantiles())
        return {
            "median": median,
            "5 %": low,
            "95 %": high,
            "theory": magnitude(float(self.expectation.infinite[layer])),
            "per layer": rate(self.log10_ratio / self.depth),
            "σw": plain(self.expectation.sigma_w),
            f"<{magnitude(self.subject.setup.log10_threshold)}": self._reach(),
        }

    def _reach(self) -> str:
        """After how many layers less than the threshold would be left, in theory."""
        limit = self.subject.setup.log10_threshold
        path = _far(self.subject, self.expectation.sigmas)
        left = 0.5 * np.cumsum(path.log10_chi)
        outside = np.flatnonzero(left < limit)
        if outside.size:
            return str(int(outside[0]) + 1)
        return f">{_FAR:,}" if left[-1] < left[_FAR // 2] - 1e-9 else "never"

    def finding(self) -> Finding:
        """The verdict on the networks, beside what theory foresaw."""
        found = diagnose(
            self.subject, self.expectation, self.ensemble, self.log10_ratio, self.remedy
        )
        fewer = _why_fewer(subjects_of(self.subject.among, "network"))
        return replace(found, evidence=" ".join(filter(None, (found.evidence, fewer))))

    def rows(self) -> list[dict[str, Value]]:
        """A row for each layer; the quantiles where they were taken."""
        expected = self.expectation
        measured: dict[int, tuple[float, ...]] = {}
        if self.ensemble is not None:
            edges = zip(*(edge.tolist() for edge in self.ensemble.quantiles()), strict=True)
            measured = dict(zip(self.ensemble.layers.tolist(), edges, strict=True))
        rows: list[dict[str, Value]] = []
        for layer in range(self.depth + 1):
            low, median, high = measured.get(layer, (None, None, None))
            rows.append(
                {
                    "activation": self.subject.activation,
                    "init": self.subject.init,
                    "layer": layer,
                    "log10_theory": float(expected.infinite[layer]),
                    "log10_theory_5": float(expected.band[0][layer]),
                    "log10_theory_95": float(expected.band[1][layer]),
                    "log10_measured_5": low,
                    "log10_measured_50": median,
                    "log10_measured_95": high,
                    "log10_scalar": float(expected.scalar[layer]),
                    "log10_bound": float(expected.bound[layer]),
                }
            )
        return rows


def _why_fewer(subjects: Sequence[Subject]) -> str:
    """Why fewer networks are drawn than were asked for, if so."""
    asked = subjects[0].setup.network.networks
    return why_fewer(asked, networks_of(subjects), sum(map(seconds_of, subjects)))


def expected(subject: Subject, tick: Tick) -> NetworkDecay:
    """What is known of a subject without drawing."""
    expectation = expectation_of(subject, tick)
    _far(subject, expectation.sigmas, tick)  # for the readout, which cannot be stopped
    return NetworkDecay(subject, expectation)


def _far(subject: Subject, sigmas: Sigmas, tick: Tick = unwatched) -> GradientPath:
    """The path of so deep a network that one sees where it leaves what is healthy."""
    x = abs(subject.setup.x)
    return theory(subject.activation, sigmas.sigma_w2, sigmas.sigma_b2, _FAR, x, tick)


def measured(subject: Subject, flow: GradientFlow) -> NetworkDecay:
    """What is known of a subject of which one network was run."""
    layers = kept_layers(subject.setup.depth)
    ensemble = Ensemble(layers, gradients(flow, layers)[None])
    return NetworkDecay(subject, expectation_of(subject), ensemble)


def run(setup: Setup, tick: Tick) -> Iterator[tuple[NetworkDecay, ...]]:
    """Theory at once, then one network after the other, then what would help."""
    still = part(tick, 0.0, 0.0)
    decays = tuple(expected(subject, still) for subject in subjects_of(setup, "network"))
    yield decays
    layers = kept_layers(setup.depth)
    rows: list[list[Array]] = [[] for _ in decays]
    networks = networks_of([decay.subject for decay in decays])
    share = _MEASURING / (max(networks, 1) * len(decays))
    work, shown_after = 0.0, _WORK_A_PICTURE
    for count in range(1, networks + 1):
        for index, decay in enumerate(decays):
            done = (count - 1) * len(decays) + index
            flow = flow_of(decay.subject, count, 1, tick=part(tick, share * done, share))
            rows[index].append(gradients(flow, layers))
        work += len(decays) * setup.depth * setup.network.units**2
        if work >= shown_after or count == networks:
            shown_after = 2.0 * work  # what is known changes less and less
            decays = tuple(
                replace(decay, ensemble=Ensemble(layers, np.array(gathered)))
                for decay, gathered in zip(decays, rows, strict=True)
            )
            yield decays
    share = (1.0 - _MEASURING) / len(decays)
    found = [
        remedy(decay, part(tick, _MEASURING + share * index, share))
        for index, decay in enumerate(decays)
    ]
    if any(found):
        yield tuple(replace(d, remedy=helps) for d, helps in zip(decays, found, strict=True))


def remedy(decay: Decay, tick: Tick) -> Remedy | None:
    """The first change that theory recommends and that networks, drawn to try it, confirm."""
    assert isinstance(decay, NetworkDecay)
    return remedy_of(decay.subject, decay.log10_ratio, tick)
