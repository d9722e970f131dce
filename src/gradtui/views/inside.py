"""One random network seen from inside: what becomes of its gradient, what did it, what helps."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.initialisation import initialisation, random_network
from gradtui.mathematics.mean_field import critical_sigma_w2
from gradtui.mathematics.network import GradientFlow, Histograms, gradient_flow
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Finding, Kind, Remedy
from gradtui.views.wording import magnitude, percent, rate

Array = NDArray[np.float64]
T = TypeVar("T")

BINS = 100
"""Of each layer's histogram: finer than a screen has cells for it."""
_INPUTS, _UPSTREAM = 5, 6
"""The streams of the seed that inputs and upstream gradient are drawn from."""
_IN_A_BIN = (0.125, 0.375, 0.625, 0.875)
"""Where in a bin f′ is taken: at a kink, one place in the middle would stand for both sides."""
_MOST = 0.5
"""A layer counts as saturated where more than this share of its values is."""
TRIALS = 5
"""At most so many remedies are tried."""


@dataclass(frozen=True, eq=False)
class Inside:
    """One network, run forward and back.

    Attributes:
        subject: what it is called among those compared: its activation or its initialisation.
        activation, init: their text forms.
        flow: the norms, and what happens inside each layer.
        log10_slopes: log10 of the root mean square of f′(z_l) over batch and units [depth].
        log10_limit: log10 of the ratio below which a gradient counts as vanished.
        remedy: what was tried and found to help.
    """

    subject: str
    activation: str
    init: str
    flow: GradientFlow
    log10_slopes: Array
    log10_limit: float
    remedy: Remedy | None = None

    @property
    def log10_ratio(self) -> float:
        """log10 of ‖∂L/∂a_1‖ / ‖∂L/∂a_L‖; -inf where the first is exactly zero."""
        return _log10_ratio(self.flow)

    @property
    def log10_rate(self) -> float:
        """log10 of the factor that a layer costs on the way back, in the geometric mean."""
        return self.log10_ratio / (self.flow.depth - 1) if self.flow.depth > 1 else 0.0

    @property
    def log10_signal(self) -> Array:
        """log10 of the root mean square of a_l over batch and units [depth + 1]."""
        return self.flow.log10_hidden - 0.5 * np.log10(
            np.array(self.flow.widths, float) * self.flow.batch
        )

    @property
    def kind(self) -> Kind:
        """What becomes of the gradient."""
        return _kind(self.log10_ratio, self.log10_limit)

    @property
    def flat(self) -> str:
        """What a unit whose |f′| is under 1 % of its maximum is called with this activation."""
        return {"both sides": "saturated", "nowhere": "flat"}.get(
            activation(self.activation).saturates, "off"
        )

    @property
    def histograms(self) -> Histograms:
        """Of the pre-activations."""
        assert self.flow.layers is not None
        assert self.flow.layers.z_histograms is not None
        return self.flow.layers.z_histograms


def _log10_ratio(flow: GradientFlow) -> float:
    return float(flow.log10_grad_hidden[1] - flow.log10_grad_hidden[-1])


def _kind(log10_ratio: float, limit: float) -> Kind:
    if log10_ratio == -math.inf:
        return Kind.DEAD
    if log10_ratio < limit:
        return Kind.VANISHING
    return Kind.EXPLODING if log10_ratio > -limit else Kind.HEALTHY


# ------------------------------------------------------------------ running


def part(steps: Generator[float, None, T], start: float, size: float) -> Generator[float, None, T]:
    """Steps that tell the share of a part that is done, as the share of the whole."""
    while True:
        try:
            yield start + size * next(steps)
        except StopIteration as done:
            result: T = done.value
            return result


def look_inside(setup: Setup, subject: str, name: str, init: str) -> Generator[float, None, Inside]:
    """Draw and run one network; yields the share that is done."""
    flow = yield from _run(setup, name, init, layers=True)
    assert flow.layers is not None
    assert flow.layers.z_histograms is not None
    slopes = _log10_slopes(name, flow.layers.z_histograms)
    return Inside(subject, name, init, flow, slopes, log10_threshold(setup))


def _run(
    setup: Setup, name: str, init: str, *, layers: bool
) -> Generator[float, None, GradientFlow]:
    """The network that the setup describes; inputs of spread |x|, an upstream gradient of norm 1."""
    shape = (setup.batch, setup.width)
    inputs, upstream = (
        np.random.default_rng([setup.seed, stream, 0]).standard_normal(shape)
        for stream in (_INPUTS, _UPSTREAM)
    )
    widths = [setup.width] * (setup.depth + 1)
    network = random_network(widths, init, name, setup.seed, critical=critical_sigma_w2)
    yield 0.5
    return gradient_flow(
        name,
        network.weights,
        network.biases,
        abs(setup.x) * inputs,
        upstream / np.linalg.norm(upstream),
        layers=layers,
        bins=BINS if layers else 0,
    )


def _log10_slopes(name: str, z: Histograms) -> Array:
    """log10 of the root mean square of f′, from how z is spread within each layer."""
    low, step = z.edges[:, :-1], np.diff(z.edges, axis=1)
    f = activation(name)
    squares = np.zeros(z.counts.shape)
    with np.errstate(all="ignore"):
        for place in _IN_A_BIN:
            squares += f.derivative(low + place * step) ** 2 / len(_IN_A_BIN)
        mean = (squares * z.counts).sum(axis=1) / z.counts.sum(axis=1)
        slopes: Array = 0.5 * np.log10(mean)
    return slopes


# ------------------------------------------------------------------ verdict


def finding(one: Inside) -> Finding:
    """What becomes of the gradient, with the evidence from inside."""
    causes = [_who(one), _flat_units(one), _dead_units(one), _forward(one)]
    return Finding(one.subject, one.kind, _sentence(one), " ".join(filter(None, causes)),
                   one.remedy)  # fmt: skip


def _sentence(one: Inside) -> str:
    """The verdict with its evidence and its threshold."""
    if one.kind is Kind.DEAD:
        return f"{one.subject} dead: layer 1 gets exactly 0."
    if one.flow.depth == 1:
        return f"{one.subject} healthy: its one layer gets the loss's gradient as it is."
    less = one.kind is Kind.VANISHING or (one.kind is Kind.HEALTHY and one.log10_ratio < 0)
    limit = one.log10_limit if less else -one.log10_limit
    healthy = f"healthy is {'above' if less else 'below'} {magnitude(limit)}"
    return (
        f"{one.subject} {one.kind}: {share(one.flow)}, {rate(one.log10_rate)} a layer; {healthy}."
    )


def share(flow: GradientFlow) -> str:
    """How much of the gradient arrives, in words."""
    return f"layer 1 gets {magnitude(_log10_ratio(flow))} of layer {flow.depth}'s ∂L/∂a"


def _who(one: Inside) -> str:
    """Whether f′ or the weights did it; layer 1's f′ comes after ∂L/∂a₁ and has no part in it."""
    if one.kind is Kind.DEAD:
        return _stopped(one)
    if one.flow.depth == 1:
        return ""
    links = one.flow.depth - 1
    slopes = float(one.log10_slopes[1:].sum()) / links
    weights = one.log10_rate - slopes
    shares = f"a layer, f′ makes {rate(slopes)} and the weights {rate(weights)}"
    if one.kind is Kind.HEALTHY:
        return f"{shares.capitalize()}."
    sign = 1.0 if one.kind is Kind.EXPLODING else -1.0
    if sign * weights > sign * slopes:
        return f"The weights did it: {shares}."
    saturated = _saturated(one)
    if one.kind is Kind.VANISHING and one.flat == "saturated" and (saturated > _MOST).any():
        return f"Saturation did it: {shares}."
    return f"f′ did it, {'not saturation' if one.flat == 'saturated' else 'not the weights'}: {shares}."


def _stopped(one: Inside) -> str:
    """Where the gradient becomes exactly zero."""
    stop = int(np.flatnonzero(one.flow.log10_grad_hidden == -math.inf)[-1]) + 1
    layers = one.flow.layers
    assert layers is not None
    if layers.dead[stop - 1] == 1.0:
        return f"All units of layer {stop} are dead: f′ = 0 for the whole batch."
    return f"The units of layer {stop} that the gradient reaches pass nothing on."


def _saturated(one: Inside) -> Array:
    """The share of flat values by layer; 0 where f′ has no bound that it could be small beside."""
    assert one.flow.layers is not None
    return np.nan_to_num(one.flow.layers.saturated)


def _flat_units(one: Inside) -> str:
    """Where the values are at which f′ is under 1 % of its maximum."""
    saturated = _saturated(one)
    worst = int(np.argmax(saturated))
    over = np.flatnonzero(saturated > _MOST)
    most = f"{percent(saturated[worst])} in layer {worst + 1}"
    if one.flat == "off" or not saturated[worst]:
        return ""  # half of a rectifier is off by design; what is dead is said apart
    if not over.size:
        return f"At most {most} of the values are {one.flat} (|f′| under 1 % of its maximum)."
    if over.size == one.flow.depth:
        return f"In every layer more than half of the values are {one.flat}: {most}."
    return (
        f"Layer {over[0] + 1} is the first of {over.size} with more than half of the values "
        f"{one.flat}: {most}."
    )


def _dead_units(one: Inside) -> str:
    """How many units pass nothing for any input of the batch."""
    assert one.flow.layers is not None
    dead = one.flow.layers.dead
    worst = int(np.argmax(dead))
    if not dead[worst] or dead[worst] == 1.0:
        return ""
    return f"Up to {percent(float(dead[worst]))} of the units are dead, in layer {worst + 1}."


def _forward(one: Inside) -> str:
    """What becomes of the signal on its way up."""
    first, last = float(one.log10_signal[1]), float(one.log10_signal[-1])
    if first == -math.inf or one.flow.depth == 1:
        return "The signal is 0." if first == -math.inf else ""
    gain = last - first
    verb = "holds" if abs(gain) < -one.log10_limit else "collapses" if gain < 0 else "explodes"
    return f"Forward, the signal {verb}: |a| goes from {magnitude(first)} to {magnitude(last)}."


# ----------------------------------------------------------------- remedies


def heal(setup: Setup, one: Inside) -> Generator[float, None, Inside]:
    """The same network with the first change that was tried and found healthy, if any."""
    if one.kind is Kind.HEALTHY:
        return one
    for index, (label, changes, init) in enumerate(_candidates(setup, one)):
        changed = setup.with_(**changes)
        try:
            steps = _run(changed, one.activation, init, layers=False)
            flow = yield from part(steps, index / TRIALS, 1.0 / TRIALS)
        except InputError:
            continue  # there is no critical point, or no room
        if _kind(_log10_ratio(flow), one.log10_limit) is Kind.HEALTHY:
            remedy = Remedy(label, changes, before=share(one.flow), after=share(flow))
            return replace(one, remedy=remedy)
    return one


def _candidates(setup: Setup, one: Inside) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Changes worth trying, the least intrusive first, with the initialisation they lead to."""
    if setup.x == 0.0 or abs(setup.x) > 10.0:
        yield "x = 1", {"x": 1.0}, one.init
    recipes = ["kaiming_normal", "critical", "orthogonal", "kaiming_normal(gain=1.414)"]
    if activation(one.activation).saturates == "both sides":
        # He's gain is made for rectifiers; what bends on both sides has a critical point of its own.
        recipes = ["critical", "orthogonal", "xavier_normal"]
    for recipe in recipes:
        spec = initialisation(recipe).spec
        if spec in setup.init:
            continue
        kept = tuple(spec if old == one.init else old for old in setup.init)
        focus = spec if setup.focus == one.init else setup.focus
        yield f"init = {spec}", {"init": kept, "focus": focus}, spec
