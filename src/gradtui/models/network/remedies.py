"""What helps a network: changes that theory recommends and that networks drawn for it confirm."""

from __future__ import annotations

from collections.abc import Iterator

from gradtui.errors import InputError
from gradtui.mathematics.initialisation import initialisation
from gradtui.mathematics.initialisation.record import recommended_kaiming
from gradtui.mathematics.wide.advice import advise
from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import usual_inputs
from gradtui.models.judging import RELIED_ON, judge
from gradtui.models.network.block_remedies import blocks_to_try
from gradtui.models.network.blocks import block_of, inputs_of, stream_of, with_stream
from gradtui.models.network.cost import (
    CONFIRMING,
    FILTER,
    SHARE,
    affordable,
    networks_of,
    seconds_of,
)
from gradtui.models.network.ensemble import Gathered
from gradtui.models.network.laws import law_of
from gradtui.models.network.networks import expectation_of, flow_of, widths_of
from gradtui.models.network.upwards import upwards
from gradtui.models.network.verdict import by_block, said
from gradtui.models.subject import Changes, Subject, first_that_helps, subjects_of
from gradtui.progress import Tick, halves, part

_WIDEST = 1024
"""No wider networks are tried: it would take too long."""

_FEWEST = 3
"""What fewer networks of several say may be chance."""

_SIGMA_B = 0.0, 0.5, 1.0
"""With biases of so large a standard deviation weights are looked for."""

_FOLLOWED = 2000
"""The advice for a deeper network is that of its first layers, the last of them repeated."""


def remedy_of(subject: Subject, before: str, tick: Tick) -> Remedy | None:
    """The first change that theory recommends and that networks, drawn to try it, confirm.

    Args:
        subject: what ails.
        before: what becomes of its gradient now, in words.
        tick: is told the share that is done.
    """
    attempts = halves(tick)
    trying = _Trying(CONFIRMING * subject.setup.patience)

    def heals(changed: Subject) -> str | None:
        step = next(attempts)
        step(0.0)
        return trying.tried(changed, step)

    return first_that_helps(subject, _candidates(subject, attempts), heals, before)


class _Trying:
    """Trying changes on the networks that their commands draw."""

    def __init__(self, seconds: float) -> None:
        """Networks beside the first few of each may take so long."""
        self._left = seconds

    def tried(self, changed: Subject, tick: Tick) -> str | None:
        """What the command reports, if theory and most networks find the gradient healthy.

        Where there is no time for all networks that it draws, it says of how many.
        """
        drawn = networks_of(subjects_of(changed.among, "network"))
        few = affordable(changed, SHARE, min(drawn, FILTER))
        gathered, limit = Gathered(changed.setup), changed.setup.log10_threshold
        if few < max(min(drawn, _FEWEST), 1) or not _healthy_in_theory(
            changed, part(tick, 0.0, 0.0)
        ):
            return None  # where there are none, it could not be tried in the time that there is
        if not _heals(changed, gathered, range(1, few + 1), part(tick, 0.0, few / drawn)):
            return None
        if (seconds := (drawn - few) * seconds_of(changed)) <= self._left:
            self._left -= seconds
            rest = part(tick, few / drawn, 1.0 - few / drawn)
            if not _heals(changed, gathered, range(few + 1, drawn + 1), rest):
                return None
        ensembles = gathered.ensembles()
        ensemble, signal = ensembles[changed.setup.quantity], ensembles["signal"].quantiles()[1]
        stream = stream_of(changed, signal)
        judgement, shares = judge(ensemble.quantiles()[1], limit), ensemble.shares(limit)
        if with_stream(judgement.kind, stream, limit) is not Kind.HEALTHY:
            return None
        blocks = by_block(changed, judgement, signal)
        if drawn == 1:
            return f"{said(changed, judgement, None)}{blocks}"
        what, healthy = said(changed, judgement, shares), shares.counts[Kind.HEALTHY]
        text = f"{what}{blocks}, healthy in {healthy:,} of {shares.total:,} networks"
        if shares.total < drawn:
            text += f", the first of {drawn:,}: there was no time to try more"
        return text


def _healthy_in_theory(changed: Subject, tick: Tick) -> bool:
    """Whether theory finds it healthy; what it does not follow is to be seen."""
    setup, expected = changed.setup, expectation_of(changed, tick)
    if not expected.says:
        return True
    law = law_of(expected, setup.quantity, widths_of(changed), abs(setup.x))
    return judge(law.centre, setup.log10_threshold).kind is Kind.HEALTHY


def _heals(changed: Subject, gathered: Gathered, numbers: range, tick: Tick) -> bool:
    """Whether it is to be relied on in all networks up to the last of these, with those before."""
    limit, quantity, total = changed.setup.log10_threshold, changed.setup.quantity, numbers.stop - 1
    ill = sum(judge(row, limit).kind is not Kind.HEALTHY for row in gathered.rows(quantity))
    for index, number in enumerate(numbers):
        own = part(tick, index / len(numbers), 1.0 / len(numbers))
        gathered.add(flow_of(changed, number, inputs_of(changed), tick=own))
        ill += judge(gathered.rows(quantity)[-1], limit).kind is not Kind.HEALTHY
        if ill > (1.0 - RELIED_ON) * total:
            return False
    return True


def _candidates(subject: Subject, attempts: Iterator[Tick]) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying: inputs, weights, width, and only then another activation."""
    setup = subject.setup

    def with_init(text: str) -> Iterator[tuple[str, Changes]]:
        spec = initialisation(text).spec
        if spec != subject.init:
            yield f"init = {spec}", {"init": (spec,)}

    yield from usual_inputs(setup)
    skips = block_of(subject).skips
    if skips:
        yield from blocks_to_try(subject)
    yield from with_init("critical")
    # The advice is for layers without skips and norms.
    advised = _advised(subject, next(attempts)) if setup.network.plain else []
    for text in (*advised, recommended_kaiming(subject.activation), "xavier_normal", "orthogonal"):
        yield from with_init(text)
    if not skips:
        yield from blocks_to_try(subject)
    # The widths and the depth of a list are as they are for a reason.
    listed, width = setup.network.listed, setup.network.width
    for units in () if listed else (4 * width, 16 * width):
        if units > _WIDEST:
            break
        yield f"units = {units}", {"units": units}
        for init in ("critical", *advised[:1]):
            spec = initialisation(init).spec
            yield f"init = {spec}, units = {units}", {"init": (spec,), "units": units}
    for name, init in (("tanh", "orthogonal"), ("relu", "kaiming_normal"), ("tanh", "critical")):
        if name != subject.activation:
            yield f"{name} with {init}", {"activations": (name,), "init": (init,)}
    for depth in () if listed else (setup.depth // 2, setup.depth // 4, setup.depth // 8):
        if depth:
            yield f"depth = {depth}", {"depth": depth}


def _advised(subject: Subject, tick: Tick) -> list[str]:
    """Weights that theory finds for this very depth; none where there are none.

    At first without biases; theirs too keep the signal of a finite width alive.
    """
    setup, found = subject.setup, []
    for turn, sigma_b in enumerate(_SIGMA_B):
        try:
            advice = advise(
                subject.activation,
                setup.depth,
                setup.threshold,
                sigma_b=sigma_b,
                x=setup.x,
                followed=min(setup.depth, _FOLLOWED),
                tick=part(tick, turn / len(_SIGMA_B), 1.0 / len(_SIGMA_B)),
            )
        except InputError:
            continue
        if not advice.possible:
            continue
        best = advice.sigma_w
        biases = f", sigma_b={sigma_b:g}" if sigma_b else ""
        higher = (f"{sigma_w:.4g}" for sigma_w in upwards(advice))
        digits = dict.fromkeys((f"{best:.3g}", f"{best:.6g}", *higher))
        found += [f"normal(sigma_w={sigma_w}{biases})" for sigma_w in digits]
    return found
