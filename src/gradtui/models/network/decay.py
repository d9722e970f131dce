"""Decay in networks: bound, scalar law, theory and measurement of a gradient's norm by layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.flow import GradientFlow
from gradtui.mathematics.pieces import turn
from gradtui.models.decay import Band, Bars, Decay, Guide, Layers, Table, Value
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.models.formats import InFormats
from gradtui.models.judging import Judgement, Shares, first_unhealthy, judge
from gradtui.models.network.blocks import inputs_of, shut, stream_of, with_stream
from gradtui.models.network.cost import networks_of, seconds_of
from gradtui.models.network.death import first_stop
from gradtui.models.network.ensemble import QUANTITIES, Ensemble, Gathered
from gradtui.models.network.laws import Law, law_of, log10_largest, log10_signal, log10_single
from gradtui.models.network.networks import (
    Expectation,
    expectation_of,
    flow_of,
    refuse_memory,
    widths_of,
)
from gradtui.models.network.remedies import remedy_of
from gradtui.models.network.stacking import Stacked, layers_that_stack
from gradtui.models.network.verdict import Known, by_block, diagnose, said
from gradtui.models.patience import why_fewer
from gradtui.models.rows import Rows
from gradtui.models.subject import Subject, subjects_of
from gradtui.models.wording import a_layer
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.wording import duration, told

_WORK_A_PICTURE = 3e7
"""Weights drawn before the first picture of an ensemble: some tenths of a second."""

_COLUMNS_A_BAR = 8

_MEASURING, _STACKING = 0.85, 0.05
"""The shares of the work that drawing networks is, and shallower ones; the rest is for remedies."""


@dataclass(frozen=True, eq=False)
class NetworkDecay(Decay):
    """One activation with one initialisation.

    Attributes:
        expectation: what is known without drawing.
        ensemble: what was measured of the gradient that is drawn, if anything was.
        remedy: what was found to help.
        stacked: how many layers can be stacked, where that was tried: they are fewer than all.
        beside: all that was measured: "a" ∂L/∂a, "z" ∂L/∂z, "w" ∂L/∂W, "signal" the root mean
            square of the activations; log10 with ‖∂L/∂a_L‖ = 1.
    """

    expectation: Expectation
    ensemble: Ensemble | None = None
    remedy: Remedy | None = None
    stacked: Stacked | None = None
    beside: Mapping[str, Ensemble] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """The number of layers L."""
        return self.expectation.path.depth

    @property
    def drawn(self) -> bool:
        """Whether every network was."""
        wanted = networks_of(subjects_of(self.subject.among, "network"))
        return (self.ensemble.networks if self.ensemble is not None else 0) == wanted

    @property
    def _quantity(self) -> str:
        return self.subject.setup.quantity

    @cached_property
    def law(self) -> Law:
        """What theory says of the gradient that is drawn."""
        setup = self.subject.setup
        return law_of(self.expectation, self._quantity, widths_of(self.subject), abs(setup.x))

    @cached_property
    def judgement(self) -> Judgement:
        """The verdict on the curve: the measured median, before that what is expected."""
        return judge(self.curve()[1], self.subject.setup.log10_threshold)

    @cached_property
    def shares(self) -> Shares | None:
        """What becomes of the gradient in each network, of several."""
        if self._several is None:
            return None
        return self._several.shares(self.subject.setup.log10_threshold)

    @property
    def _several(self) -> Ensemble | None:
        """The ensemble, if it has more than one network."""
        return self.ensemble if self.ensemble is not None and self.ensemble.networks > 1 else None

    @cached_property
    def formats(self) -> InFormats:
        """What number formats make of the largest unit of each layer, in the median."""
        setup, (layers, curve) = self.subject.setup, self.curve()
        largest = log10_largest(setup.network.width)
        if "signal" in self.beside:
            at: Layers = self.beside["signal"].layers
            signal = self.beside["signal"].quantiles()[1]
        else:
            at, signal = np.arange(self.depth + 1), log10_signal(self.expectation, abs(setup.x))
        scale = math.log10(setup.loss_scale)
        every = np.concatenate([self._largest(quantity) for quantity in QUANTITIES])
        drawn = curve + self._single(self._quantity)
        return InFormats(layers, drawn, scale, at, signal + largest, every)

    def _largest(self, quantity: str) -> Array:
        """log10 of the largest number of each layer's gradient: measured, before that expected."""
        setup = self.subject.setup
        if quantity in self.beside:
            norms = self.beside[quantity].quantiles()[1]
        else:
            widths = widths_of(self.subject)
            norms = law_of(self.expectation, quantity, widths, abs(setup.x)).centre
        return norms + self._single(quantity)

    def _single(self, quantity: str) -> float:
        """log10 of the largest number of a gradient beside the norm of all, over the inputs too."""
        inputs = 1 if quantity == "w" else inputs_of(self.subject)
        return log10_single(quantity, self.subject.setup.network.width * inputs)

    def log10_seen(self) -> float:
        """The formats look at single numbers, and at the gradient of the scaled loss."""
        return self._single(self._quantity) + math.log10(self.subject.setup.loss_scale)

    def curve(self) -> tuple[Layers, Array]:
        """The median of what was measured, before that what is expected."""
        if self.ensemble is None:
            return np.arange(float(self.law.first), self.depth + 1.0), self.law.centre
        return self.ensemble.layers.astype(float), self.ensemble.quantiles()[1]

    @property
    def _of(self) -> str:
        """Whose a law is, where several are compared."""
        among = self.subject.among
        several = len(subjects_of(among, "network")) > 1
        return f" of {self.subject.name}" if several else ""

    def guides(self) -> tuple[Guide, ...]:
        """The bound, the scalar law, and theory, as far as there are such laws."""
        law = self.law
        layers = np.arange(law.first, self.depth + 1)
        bound = (
            ()
            if law.bound is None
            else (Guide(layers, law.bound, "muted", "sparse", "near", f"bound{self._of}"),)
        )
        scalar = (
            ()
            if law.scalar is None
            else (Guide(layers, law.scalar, "muted", "long", "near", f"scalar{self._of}"),)
        )
        if not self.expectation.says:
            return ()
        return (
            *bound,
            *scalar,
            Guide(
                layers,
                np.where(law.known, law.infinite, -np.inf),
                "spread",
                "dash-dot-dot",
                name=f"theory{self._of}",
            ),
        )

    def bands(self) -> tuple[Band, ...]:
        """Theory's, at this width, where it is known."""
        if self.law.band is None or not self.expectation.says:
            return ()
        layers = np.arange(self.law.first, self.depth + 1)
        low, high = (np.where(self.law.known, edge, -np.inf) for edge in self.law.band)
        return (Band(layers, low, high, "spread", f"90 % in theory{self._of}"),)

    def bars(self, columns: int) -> Bars | None:
        """At a few layers, between which values 90 % of the networks lie."""
        if self._several is None:
            return None
        low, _, high = self._several.quantiles()
        count = max(2, columns // _COLUMNS_A_BAR)
        at = np.unique(np.linspace(0, len(low) - 1, count + 2).round().astype(int))[1:-1]
        name = f"90 % of {self._several.networks:,} networks{self._of}"
        return Bars(self._several.layers[at].astype(float), low[at], high[at], name)

    def legend(self) -> tuple[tuple[str, str], ...]:
        """Theory with its band, the bars, the laws."""
        says = self.expectation.says
        parts = [("  ╍ theory", "spread")] if says else [("  no theory", "muted")]
        if self.law.band is not None and says:
            parts.append((" ░ 90 %", "spread"))
        if self._several is not None:
            parts.append((f"  │ 90 % of {self._several.networks:,} networks", ""))
        if self.law.scalar is not None:
            parts.append(("  ━ ━ scalar", "muted"))
        if self.law.bound is not None:
            parts.append(("  ⠂ bound", "muted"))
        return tuple(parts)

    @cached_property
    def stream(self) -> float:
        """log10 of the stream after the last block beside where it begins; 0 without a skip."""
        return stream_of(self.subject, self.formats.log10_signal)

    def kind(self) -> Kind:
        """By what becomes of most networks; of one, and in theory, by its curve.

        A gradient that is healthy is not enough where the stream grows beyond bounds.
        """
        kind = self.judgement.kind if self.shares is None else self.shares.kind
        return with_stream(kind, self.stream, self.subject.setup.log10_threshold)

    def cells(self, layer: int) -> Mapping[str, str]:
        """What arrives at the layer, how deep the network can be, what formats lose where."""
        low = median = high = "…"
        if self.ensemble is not None:
            at = int(np.abs(self.ensemble.layers - layer).argmin())
            low, median, high = (told(float(e[at])) for e in self.ensemble.quantiles())
        return {
            "median": median,
            "5 %": low,
            "95 %": high,
            "theory": self._theory(layer - self.law.first),
            "a layer": self._rate(),
            "σw": self.expectation.sigma_w,
            "max depth": self._max_depth(),
        } | self.formats.cells()

    def _rate(self) -> str:
        """The factor a layer, as measured, before that in theory."""
        text = a_layer(self.judgement.log10_ratio, self.depth - self.law.first)
        return text if self.ensemble is not None or self.law.known[0] else f"<{text}"

    def _theory(self, index: int) -> str:
        """What theory says, or below what."""
        if not self.expectation.says:
            return "-"
        text = told(float(self.law.infinite[index]))
        return text if self.law.known[index] else f"<{text}"

    def _max_depth(self) -> str:
        """How many of the first layers can be stacked: as tried, before that in theory."""
        if self.stacked is not None:
            return self.stacked.text
        if self.ensemble is not None:
            return f">{self.depth:,}" if self.kind() is Kind.HEALTHY else "…"
        with np.errstate(invalid="ignore"):
            passed = self.law.centre[0] - self.law.centre
        passed[np.isnan(passed)] = -np.inf
        at = first_unhealthy(passed, self.subject.setup.log10_threshold)
        return f">{self.depth:,}" if at is None else f"{max(self.law.first + at - 1, 0):,}"

    def finding(self) -> Finding:
        """The verdict on the networks, beside what theory foresaw."""
        found = diagnose(self._known(), self.remedy)
        fewer = _why_fewer(subjects_of(self.subject.among, "network"))
        return replace(found, evidence=" ".join(filter(None, (found.evidence, fewer))))

    def _known(self) -> Known:
        stopped = None
        if self.ensemble is not None and "signal" in self.beside:
            a, signal = self.beside["a"], self.beside["signal"]
            stopped = first_stop(a.layers.astype(float), a.log10, signal.log10)
        return Known(
            self.subject,
            self.expectation,
            self.law,
            self.judgement,
            self.ensemble,
            self.shares,
            stopped,
            self.formats,
            self.kind(),
            self.stream,
        )

    def rows(self) -> Table:
        """A row for each layer; the quantiles where they were taken."""
        law = self.law
        known = law.known & self.expectation.says
        measured: dict[int, tuple[float, ...]] = {}
        if self.ensemble is not None:
            edges = zip(*(edge.tolist() for edge in self.ensemble.quantiles()), strict=True)
            measured = dict(zip(self.ensemble.layers.tolist(), edges, strict=True))
        beside = {
            name: dict(zip(one.layers.tolist(), one.quantiles()[1].tolist(), strict=True))
            for name, one in self.beside.items()
        }
        of_layer = {int(layer): index for index, layer in enumerate(self.formats.layers)}
        of_signal = {int(layer): index for index, layer in enumerate(self.formats.signal_layers)}

        def row(index: int) -> dict[str, Value]:
            layer = law.first + index
            low, median, high = measured.get(layer, (None, None, None))
            least, most = law.band if law.band is not None and known[index] else (None, None)
            return {
                "activation": self.subject.activation,
                "init": self.subject.init,
                "block": self.subject.block,
                "quantity": self._quantity,
                "layer": layer,
                "log10_theory": float(law.infinite[index]) if known[index] else None,
                "log10_theory_5": None if least is None else float(least[index]),
                "log10_theory_95": None if most is None else float(most[index]),
                "log10_measured_5": low,
                "log10_measured_50": median,
                "log10_measured_95": high,
                "log10_grad_a_50": beside.get("a", {}).get(layer),
                "log10_grad_w_50": beside.get("w", {}).get(layer),
                "log10_signal_50": beside.get("signal", {}).get(layer),
                "log10_scalar": None if law.scalar is None else float(law.scalar[index]),
                "log10_bound": None if law.bound is None else float(law.bound[index]),
                **self.formats.columns(of_layer.get(layer), of_signal.get(layer)),
            }

        return Rows(self.depth + 1 - law.first, row)


def _why_fewer(subjects: Sequence[Subject]) -> str:
    """Why fewer networks are drawn than were asked for, if so."""
    asked = subjects[0].setup.network.networks
    return why_fewer(asked, networks_of(subjects), sum(map(seconds_of, subjects)))


def expected(subject: Subject, tick: Tick) -> NetworkDecay:
    """What is known of a subject without drawing; where there is no theory, of one network.

    Raises:
        InputError: where there is neither a theory nor the time to draw one.
    """
    decay = NetworkDecay(subject, expectation_of(subject, tick))
    if decay.expectation.says:
        return decay
    if not networks_of([subject]):
        raise InputError(
            "block",
            subject.block,
            "a block with a theory, for drawing one such network would take about "
            f"{duration(seconds_of(subject))}",
            "give more patience, or fewer units or layers",
        )
    gathered = Gathered(subject.setup)
    gathered.add(flow_of(subject, 1, inputs_of(subject), tick=tick))
    return _shown(decay, gathered)


def measured(subject: Subject, flow: GradientFlow) -> NetworkDecay:
    """What is known of a subject of which one network was run."""
    gathered = Gathered(subject.setup)
    gathered.add(flow)
    return _shown(NetworkDecay(subject, expectation_of(subject)), gathered)


def _shown(decay: NetworkDecay, gathered: Gathered) -> NetworkDecay:
    """The decay with what was measured."""
    found = gathered.ensembles()
    return replace(decay, ensemble=found[decay.subject.setup.quantity], beside=found)


def run(setup: Setup, tick: Tick) -> Iterator[tuple[NetworkDecay, ...]]:
    """Theory at once, then one network after the other, then what would help."""
    subjects, still = subjects_of(setup, "network"), part(tick, 0.0, 0.0)
    for subject in subjects if networks_of(subjects) else ():
        refuse_memory(subject, inputs_of(subject))
    decays = tuple(expected(subject, still) for subject in subjects)
    yield decays
    gathered = [Gathered(setup) for _ in decays]
    networks = networks_of([decay.subject for decay in decays])
    share = _MEASURING / (max(networks, 1) * len(decays))
    work, shown_after = 0.0, _WORK_A_PICTURE
    for count in range(1, networks + 1):
        for index, decay in enumerate(decays):
            done = (count - 1) * len(decays) + index
            own = part(tick, share * done, share)
            flow = flow_of(decay.subject, count, inputs_of(decay.subject), tick=own)
            gathered[index].add(flow)
        work += len(decays) * setup.network.weights(setup.depth)
        if work >= shown_after or count == networks:
            shown_after = 2.0 * work  # what is known changes less and less
            decays = tuple(
                _shown(decay, found) for decay, found in zip(decays, gathered, strict=True)
            )
            yield decays
    if networks:
        own = part(tick, _MEASURING, _STACKING)
        stacked = tuple(
            _stacked(decay, turn(own, index, len(decays))) for index, decay in enumerate(decays)
        )
        if stacked != decays:
            decays = stacked
            yield decays
    own = part(tick, _MEASURING + _STACKING, 1.0 - _MEASURING - _STACKING)
    found = [remedy(decay, turn(own, index, len(decays))) for index, decay in enumerate(decays)]
    if any(found):
        yield tuple(replace(d, remedy=helps) for d, helps in zip(decays, found, strict=True))


def _stacked(decay: NetworkDecay, tick: Tick) -> NetworkDecay:
    """The decay with how many layers can be stacked, if not all of them can."""
    if decay.kind() is Kind.HEALTHY:
        return decay
    return replace(decay, stacked=layers_that_stack(decay.subject, tick))


def remedy(decay: Decay, tick: Tick) -> Remedy | None:
    """The first change that theory recommends and that networks, drawn to try it, confirm."""
    assert isinstance(decay, NetworkDecay)
    subject, kind = decay.subject, decay.kind()
    if kind is Kind.HEALTHY or (kind is Kind.DEAD and shut(subject)):
        return None
    before = said(subject, decay.judgement, decay.shares)
    blocks = by_block(subject, decay.judgement, decay.formats.log10_signal)
    return remedy_of(subject, f"{before}{blocks}", tick)
