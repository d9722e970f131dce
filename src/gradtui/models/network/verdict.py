"""The verdict on a network: what became of its gradient, and whether theory foresaw it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.blocks.families import Block
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.block_path import BlockPath
from gradtui.models.decay import first_layer
from gradtui.models.finding import Finding, Kind, Remedy, digits_beside
from gradtui.models.formats import InFormats
from gradtui.models.judging import Judgement, Shares, signal_trend
from gradtui.models.network.block_causes import cause_of, stream_told, why_block_dead
from gradtui.models.network.blocks import block_of, leap_of, shut, stream_begins, stream_of
from gradtui.models.network.death import why_dead
from gradtui.models.network.ensemble import Ensemble
from gradtui.models.network.laws import Law, law_of
from gradtui.models.network.networks import Expectation, widths_of
from gradtui.models.subject import Subject
from gradtui.models.wording import a_layer, gradient_of
from gradtui.wording import counted, factor, magnitude, percent, plain

_ENOUGH = 0.05
"""Decades: a mean that is known so well (to 12 %) was taken over enough networks."""

_NEAR = 0.25
"""What is off what first order predicts by less, as a share of that, is as predicted."""

_REACHES = 1.3
"""Decades: a correction of the first order that is larger, e³ or so, is none."""

_NO_ERROR = 1e-5
"""A relative error that is 0 % in words."""

_DOUBLED = 0.3
"""Decades: an error from here on is told as a factor."""

_MANY_SATURATED = 0.2
"""Such a share of saturated units is worth a sentence."""

_MOST = 0.5
"""Where more of its units are saturated, that is why a layer takes so much."""

_FEW_ARE_NOT = 0.8
"""Where more are saturated, those that are not are few."""

_MOST_WANTED = 1_000_000
"""More networks than anybody draws."""

_FEW = 3
"""Steps among which one is worth a name."""

_MUCH = 1.0
"""Decades: a layer that makes less of a gradient is not worth a sentence."""


@dataclass(frozen=True, eq=False)
class Known:
    """What a verdict rests on.

    Attributes:
        subject: what it is on.
        expected: what theory says of it.
        law: and of the gradient that is judged.
        judgement: what becomes of the curve: the measured median, before that what is expected.
        ensemble: what was measured, if anything was.
        shares: what becomes of the gradient in each network, of several.
        stopped: the first layer at which it was seen to stop, where it was.
        formats: what number formats make of it.
        kind: the verdict.
        stream: log10 of the stream after the last block beside where it begins; 0 without a skip.
    """

    subject: Subject
    expected: Expectation
    law: Law
    judgement: Judgement
    ensemble: Ensemble | None
    shares: Shares | None
    stopped: int | None
    formats: InFormats
    kind: Kind
    stream: float

    @property
    def block(self) -> Block:
        """The block that the networks are of."""
        return block_of(self.subject)

    @property
    def forward(self) -> bool:
        """Whether it is the stream that explodes, and not the gradient."""
        own = self.judgement.kind if self.shares is None else self.shares.kind
        return own is not self.kind


def diagnose(known: Known, remedy: Remedy | None) -> Finding:
    """The finding for one network."""
    kind = known.kind
    factors = _factors if known.block.plain else _of_block
    signal = _stream if known.block.skips else _signal
    cause = (factors(known), _one_layer(known), _death(known), _saturated(known), signal(known))
    evidence = (_theory(known), known.formats.told())
    return Finding(
        known.subject.name,
        kind,
        _sentence(known, kind),
        " ".join(filter(None, cause)),
        " ".join(filter(None, evidence)),
        remedy,
    )


def said(subject: Subject, judgement: Judgement, shares: Shares | None) -> str:
    """What is left of the gradient, in words."""
    setup = subject.setup
    layer = judgement.at + (setup.quantity != "a")
    what = gradient_of(
        setup.quantity,
        judgement.log10_there,
        layer=layer,
        last=setup.depth,
        digits=judgement.digits,
    )
    if shares is None or shares.counts[Kind.DEAD] == shares.total:
        return what
    return f"{what} in the median"


def _sentence(known: Known, kind: Kind) -> str:
    subject, judgement, shares = known.subject, known.judgement, known.shares
    limit, ratio = subject.setup.log10_threshold, judgement.log10_there
    begin = f"{named(subject)} {kind}"
    if known.forward:
        return _forward(known, f"{begin} forward")
    if shares is not None:
        begin += f" {shares.text('networks')}"
    elif known.ensemble is None:
        begin += " in theory"
        if not known.block.plain:
            begin += f" for {counted(subject.setup.network.width, 'unit')}"
    what, of_many = said(subject, judgement, shares), "" if shares is None else shares.healthy_in
    if kind is Kind.HEALTHY and not known.block.skips and (fate := _fate_of_signal(known)):
        begin += f" for the gradient, but the signal {fate}"
    if judgement.kind is not kind and known.ensemble is not None:
        low, _, high = (float(edge[0]) - float(edge[-1]) for edge in known.ensemble.quantiles())
        least, most = (factor(edge, digits_beside(edge, limit)) for edge in (low, high))
        digits = digits_beside(0.0, limit)
        healthy = f"{magnitude(limit, digits)} to {magnitude(-limit, digits)}"
        on_the_way = " somewhere on the way" if abs(ratio) <= -limit else ""
        return (
            f"{begin}{on_the_way}: {what}, but {least} to {most} in 90 % of them; "
            f"healthy is {healthy}{of_many}."
        )
    if kind is Kind.DEAD:
        return f"{begin}: {what}."
    healthy = f"healthy is {kind.healthy_is(ratio, limit)}{of_many}"
    if judgement.at:
        ends = said(subject, judgement.ends, shares)
        return f"{begin} in the middle: {what}, and yet {ends}; {healthy}."
    steps = len(known.law.infinite) - 1
    layer = known.subject.layer
    each = f", {a_layer(ratio, steps)} a {layer} over {steps:,} {layer}s" if steps > 1 else ""
    return f"{begin}: {what}{each}; {healthy}."


def named(subject: Subject) -> str:
    """What the networks are, in words: relu with kaiming_normal, in residual blocks."""
    blocks = "" if block_of(subject).plain else f" in {subject.block}"
    return f"{subject.activation} with {subject.init}{blocks}"


def _forward(known: Known, begin: str) -> str:
    """The sentence on a stream that explodes while the gradient does not."""
    subject, limit = known.subject, known.subject.setup.log10_threshold
    many = ""
    if known.ensemble is None:
        begin += " in theory"
    elif known.shares is not None:
        many = " in the median"
    grows = factor(known.stream, digits_beside(known.stream, limit))
    healthy = Kind.EXPLODING.healthy_is(known.stream, limit)
    begins = stream_begins(subject, known.formats.log10_signal)
    each = a_layer(known.stream, subject.setup.depth - begins)
    after = " after the first block" * begins
    return (
        f"{begin}: the stream grows {grows}{after}{many}, {each} a block; healthy is {healthy}. "
        f"Of the gradient {said(subject, known.judgement, known.shares)}."
    )


# --------------------------------------------------------------------- cause


def by_block(subject: Subject, judgement: Judgement, log10_signal: Array) -> str:
    """What a block does to the gradient, and the blocks to the stream, where there is a skip."""
    if not block_of(subject).skips or judgement.kind is Kind.DEAD:
        return ""
    steps = subject.setup.depth - first_layer(subject.setup.quantity)
    each = a_layer(judgement.log10_ratio, steps)
    stream = factor(stream_of(subject, log10_signal))
    if leap := leap_of(subject, log10_signal):
        stream = f"{factor(leap)} by the first block, then {stream}"
    return f" ({each} a block, the stream {stream})"


def _stream(known: Known) -> str:
    """What becomes of the stream, where a skip carries it on."""
    signal = known.formats.log10_signal
    if known.forward or signal[-1] == -math.inf:
        return ""
    return stream_told(known.subject, signal, known.stream)


def _of_block(known: Known) -> str:
    """What the block makes of a gradient, and by what."""
    if known.judgement.kind is Kind.DEAD and not shut(known.subject):
        return ""
    return cause_of(known.subject, known.expected)


def _factors(known: Known) -> str:
    """What f′, the weights and the signal make of it, in theory."""
    expected, setup = known.expected, known.subject.setup
    whole = float(known.law.infinite[0]) - float(known.law.infinite[-1])
    if known.judgement.kind is Kind.DEAD or not math.isfinite(whole) or not known.law.known[0]:
        return ""
    back = whole
    if setup.quantity == "w":
        z = law_of(expected, "z", widths_of(known.subject), abs(setup.x)).infinite
        back = float(z[0]) - float(z[-1])
    steps = setup.depth - known.law.first
    if known.ensemble is not None and not _foreseen(known, whole):
        return ""
    weights = 0.5 * steps * math.log10(expected.sigmas.sigma_w2) if steps else 0.0
    made = f"In theory the f′ make {factor(back - weights)} of it, the weights {factor(weights)}"
    return f"{made}, the signal {factor(whole - back)}." if setup.quantity == "w" else f"{made}."


def _foreseen(known: Known, whole: float) -> bool:
    """Whether theory says what was measured, within an order of magnitude, and judges it alike."""
    judged = known.judgement
    alike = Kind.of(whole, judged.log10_limit) is Kind.of(judged.log10_ratio, judged.log10_limit)
    return alike and abs(judged.log10_ratio - whole) <= 1.0


def _one_layer(known: Known) -> str:
    """The layer that takes more of the gradient than all others together."""
    kind, law = known.judgement.kind, known.law
    curve = law.infinite if known.ensemble is None else known.ensemble.quantiles()[1]
    if len(curve) != len(law.infinite) or not np.isfinite(curve).all():
        return ""  # not every layer was kept, or is alive
    whole, steps = float(curve[0]) - float(curve[-1]), curve[:-1] - curve[1:]
    if kind is Kind.HEALTHY or len(steps) < _FEW:
        return ""
    at = int(np.argmax(steps * math.copysign(1.0, whole)))
    most = float(steps[at])
    if not abs(most) > max(0.5 * abs(whole), _MUCH):
        return ""
    layer = at + 1 + law.first
    text = f"Layer {layer} alone makes {factor(most)} of it"
    f, q = known.expected.path.activation, float(known.expected.path.q[layer - 1])
    if (
        known.block.plain
        and f.saturates == "both sides"
        and most < 0.0
        and known.expected.saturated(layer) > _MOST
    ):
        by = ", by the inputs" if layer == 1 else ""
        return f"{text}: its z, of spread {plain(math.sqrt(q))}{by}, saturate f."
    return f"{text}."


def _death(known: Known) -> str:
    """Why networks are dead, where some are."""
    dead = known.judgement.kind is Kind.DEAD or (
        known.shares is not None and known.shares.counts[Kind.DEAD] > 0
    )
    if not dead:
        return ""
    if not known.block.plain:
        return why_block_dead(known.subject)
    return why_dead(known.expected, widths_of(known.subject), known.stopped)


def _signal(known: Known) -> str:
    """What becomes of the signal on its way up, where that is much."""
    change = signal_trend(known.formats.log10_signal[1:])
    if known.judgement.kind is Kind.DEAD or not change:
        return ""
    how = "collapses" if change < 0.0 else "grows"
    return f"The signal {how}: |a| at the last layer is {factor(change)} of that at the first."


def _fate_of_signal(known: Known) -> str:
    """By how much it falls or grows, where that is more than a gradient may."""
    change = signal_trend(known.formats.log10_signal[1:])
    if not abs(change) > -known.subject.setup.log10_threshold:
        return ""
    return f"{'collapses' if change < 0.0 else 'grows'}, |a| {factor(change)}"


def _saturated(known: Known) -> str:
    """How many units are saturated, where many are."""
    saturated = known.expected.saturated(known.expected.path.depth)
    both_ends = known.expected.path.activation.saturates == "both sides"
    if (
        known.block.skips
        or not both_ends
        or saturated < _MANY_SATURATED
        or known.judgement.kind is Kind.DEAD
    ):
        return ""
    carry = ", and the few that are not carry it" if saturated > _FEW_ARE_NOT else ""
    return f"{percent(saturated)} of the units of the last layer are saturated{carry}."


# ------------------------------------------------------------------ evidence


def _theory(known: Known) -> str:
    """By how much theory and measurement disagree."""
    law, ensemble, setup = known.law, known.ensemble, known.subject.setup
    infinite, centre = float(law.infinite[0]), float(law.centre[0])
    theory = f"Theory: {factor(infinite)}"
    if not known.expected.says:
        return f"{_silence(known)}."
    if not law.known[0]:
        theory = f"Theory: below {factor(infinite)}, less than it can follow"
    if ensemble is None:
        return f"{theory}."
    count, network = ensemble.networks, setup.network
    networks = f"{counted(count, 'network')} of {network.width_text}"
    mean, error = ensemble.mean_and_error()
    if mean == -math.inf and float(known.expected.path.q[0]) == 0.0:
        return ""  # what theory says of the limit x → 0 is not what x = 0 gives
    if math.isinf(infinite) or math.isinf(mean) or not law.known[0]:
        return f"{theory}; {networks} give {factor(mean)}."
    if ensemble.dead > 0.0:
        dead = round(ensemble.dead * count)
        return f"{theory}, of all; in {dead} of {networks} nothing arrives."
    apart, width = mean - infinite, centre - infinite
    doubt = 2.0 * error
    measured = f"{networks} give{'s' if count == 1 else ''} {_of_it(apart, error)}"
    if abs(apart) <= max(doubt, _NO_ERROR / math.log(10.0)):
        if doubt <= _ENOUGH:
            return f"{theory}, and {networks} agree ({factor(apart)} ± {_percentage(error)})."
        wanted = math.ceil(count * (doubt / _ENOUGH) ** 2) if error < math.inf else 100
        return f"{theory}; {measured}, too few to tell them apart: {_it_takes(wanted)}."
    theory, measured = f"{theory} for infinite width", f"{measured} in the geometric mean"
    if law.band is None or width == 0.0:
        rows = f"; theory is for many rows, too, and here are {network.batch:,}"
        return f"{theory}; {measured}{rows if known.block.in_batch else ''}."
    off, by = abs(apart - width), "a finite width"
    predicts = f"first order in depth/width = {network.depth_over_width(setup.depth):.2g}"
    if known.block.in_batch:
        by = predicts = f"a batch of {network.batch}"
    reaches = known.block.in_batch or abs(width) <= _REACHES
    if off <= doubt and abs(width) <= doubt and reaches:
        # What is predicted is not told from no effect of the width.
        wanted = math.ceil(count * (doubt / abs(width)) ** 2)
        return (
            f"{theory}; {measured}, too few to tell whether it is what a finite width makes "
            f"(predicted {factor(width)}): {_it_takes(wanted)}."
        )
    if not math.isfinite(width):
        return f"{theory}; {measured}."
    if off <= max(doubt, _NEAR * abs(width)) and abs(width) > doubt:
        return f"{theory}; {measured}, as {by} makes it (predicted {factor(width)})."
    if not reaches:
        return f"{theory}; {measured}; {predicts} does not reach so far."
    return f"{theory}; {measured}, where {predicts} predicts {factor(width)}."


def _it_takes(wanted: int) -> str:
    """So many networks, where they can be drawn."""
    return f"it takes some {wanted:,}" if wanted <= _MOST_WANTED else "no number of them would tell"


def _silence(known: Known) -> str:
    """That theory does not say, and why; and what was measured."""
    path, ensemble = known.expected.path, known.ensemble
    assert isinstance(path, BlockPath)
    silent = f"Theory does not say: {path.why_silent}"
    if ensemble is None:
        return silent
    mean, error = ensemble.mean_and_error()
    many = counted(ensemble.networks, "network")
    of = f" ± {_percentage(error)}" if error < _DOUBLED else ""
    gives = "gives" if ensemble.networks == 1 else "give"
    return (
        f"{silent}; {many} of {known.subject.setup.network.width_text} {gives} {factor(mean)}{of}"
    )


def _of_it(apart: float, error: float) -> str:
    """What was measured beside theory, with its standard error."""
    if error == math.inf:
        return f"{factor(apart)} of it"
    if error < _DOUBLED:
        return f"{factor(apart)} ± {_percentage(error)} of it"
    return f"{factor(apart)} of it (give or take {factor(error)})"


def _percentage(error: float) -> str:
    relative = math.expm1(error * math.log(10.0))
    return "0 %" if relative < _NO_ERROR else f"{100.0 * relative:.2g} %"
