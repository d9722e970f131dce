"""One activation at the cursor of the phase diagram: what theory says of it there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.blocks.families import PLAIN
from gradtui.mathematics.wide.mean_field import KINDS, MeanField, mean_field
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.path import FAINTEST, ratios_by_depth
from gradtui.mathematics.wide.phase import CriticalPoint, critical_points, rate_map
from gradtui.mathematics.wide.second_moment import COLLAPSES
from gradtui.models import MODELS
from gradtui.models.finding import Kind, Remedy, digits_beside
from gradtui.models.kept import Kept
from gradtui.models.subject import Subject
from gradtui.progress import Tick
from gradtui.setup import Setup
from gradtui.wording import LARGEST, counted, magnitude

MODEL = MODELS["network"]
"""Whose weights are mapped."""

_ELSEWHERE = 1e-3
"""|χ - 1| beyond which q has not gone to the critical point."""

CRITICAL = 1e-6
"""|χ - 1| up to which a point is on the critical line: the map's own accuracy."""

_NOTHING = 1e-20
"""Below it no q* is told from 0 where q = 0 is a fixed point: V bends by less than its rounding."""

NONE = 0.005
"""Decades that are no growth when written in two digits."""

_LOOKS = 100, 1_000, 10_000
"""Layers that are followed, one after the other, to see how many stay healthy."""
_STEADY = 1e-11
"""Decades a layer that change by less stay the same from there on."""


class Lasting(NamedTuple):
    """For how many layers a gradient stays healthy; at least so many if they were not all seen."""

    layers: float
    seen: bool = True


@dataclass(frozen=True, eq=False)
class Point:
    """One activation at the cursor.

    Attributes:
        subject: the activation, with the cursor where the point is.
        chi: χ at q*.
        q: q*.
        ending: how q ends, one of `KINDS`.
        log10_left: log10 of what is left of the gradient's norm after the layers, by the path of
            q from q₁ on.
        critical: every critical point at this σb that q₁ goes to.
        field: the whole theory, once it is known.
        lasting: for how many layers the gradient stays healthy, once it is known.
        followed: whether q was followed to the last layer; else less is left than `log10_left`.
        remedy: what was found to help.
    """

    subject: Subject
    chi: float
    q: float
    ending: str
    log10_left: float
    critical: tuple[CriticalPoint, ...]
    field: MeanField | None = None
    lasting: Lasting | None = None
    followed: bool = True
    remedy: Remedy | None = None

    @property
    def name(self) -> str:
        """The activation."""
        return self.subject.activation

    @property
    def sigma_w(self) -> float:
        """σw."""
        return self.subject.setup.plane.sigma_w

    @property
    def sigma_b(self) -> float:
        """σb."""
        return self.subject.setup.plane.sigma_b

    @property
    def q1(self) -> float:
        """q₁ = σw² x² + σb², the mean square of the first pre-activations."""
        return _first(self.subject.setup)

    @property
    def layers(self) -> int:
        """How many layers the gradient passes."""
        return _passed(self.subject.setup)

    @property
    def log10_rate(self) -> float:
        """log10 √χ: the factor of the gradient's norm a layer, once q has settled."""
        return 0.5 * _log10(self.chi)

    @property
    def log10_mean_rate(self) -> float:
        """log10 of the factor a layer, in the geometric mean over the layers."""
        return self.log10_left / self.layers

    def kind(self, log10_limit: float) -> Kind:
        """What becomes of the gradient after the layers."""
        return Kind.of(self.log10_left, log10_limit)

    @property
    def side(self) -> str:
        """On which side of the critical line, where q has somewhere to go.

        Two inputs end alike where it is ordered (c* = 1), apart where it is chaotic (c* < 1).
        """
        if self.q == math.inf:
            return "unbounded"
        if abs(self.chi - 1.0) <= CRITICAL:
            return "critical"
        if self.q == 0.0:
            return "collapsing"
        if expectations(activation(self.name)).jumps:  # c* < 1 whatever χ is
            return "" if self.field is None else "ordered" if self.field.c == 1.0 else "chaotic"
        return "ordered" if self.chi < 1.0 else "chaotic"

    @property
    def critical_sigma_w(self) -> float | None:
        """The nearest critical σw at this σb."""
        found = [math.sqrt(critical.sigma_w2) for critical in self.critical]
        return min(found, key=lambda sigma_w: abs(sigma_w - self.sigma_w), default=None)


def _log10(value: float) -> float:
    return math.log10(value) if value > 0.0 else -math.inf


def _passed(setup: Setup) -> int:
    """How many layers the gradient at the cursor has passed."""
    return setup.layer if setup.plane.against == "depth" else setup.depth


def _first(setup: Setup) -> float:
    """q₁ at the cursor."""
    plane = setup.plane
    return plane.sigma_w**2 * setup.x**2 + plane.sigma_b**2


# --------------------------------------------------------------- at the cursor


def subjects_of(setup: Setup) -> tuple[Subject, ...]:
    """Every activation: weights are what the map is over, whatever recipes or blocks are set."""
    return MODEL.subjects(setup.with_(init=setup.network.init[:1], block=(PLAIN,)))


def focused_subject(setup: Setup) -> Subject:
    """The activation that is mapped."""
    return next(subject for subject in subjects_of(setup) if subject.name == setup.focused)


def point_of(subject: Subject, tick: Tick) -> Point:
    """What takes hardly any time to know at the cursor."""
    setup, name, layers = subject.setup, subject.activation, _passed(subject.setup)
    w, b = setup.plane.sigma_w, setup.plane.sigma_b
    left, q = ratios_by_depth(name, [w], b, abs(setup.x), [layers], tick=tick)
    here = rate_map(name, [w * w], [b * b], q0=q)
    chi = max(float(here.chi[0, 0]), 0.0)
    critical = tuple(
        at for at in critical_points(name, b * b) if reached(setup, name, at.sigma_w2, b * b)
    )
    ending = KINDS[int(here.kinds[0, 0])]
    ratio, at = float(left[0, 0]), float(here.q[0, 0])
    last, f = float(q[0, 0]), activation(name)
    e = expectations(f)
    # What does not fall with q has its limit there, and is no bound.
    followed = float(e.moments(np.array(0.0)).slope_square) > 0.0 or (
        last >= FAINTEST and float(e.moments(np.array(min(last, 1e150))).slope_square) > 0.0
    )
    return Point(subject, chi, at, ending, ratio, critical, followed=followed)


def reached(setup: Setup, name: str, sigma_w2: float, sigma_b2: float) -> bool:
    """Whether q goes from q₁ to a critical point there, not to another end.

    The map's table takes a half-stable point for none: the exact theory is asked.
    """
    return abs(_exact(name, sigma_w2, sigma_b2, sigma_w2 * setup.x**2 + sigma_b2).chi - 1.0) <= (
        _ELSEWHERE
    )


def completed(point: Point, tick: Tick) -> Point:
    """The same with the theory's slower numbers."""
    field = _field(point)
    known = replace(point, ending=field.kind, chi=field.chi, q=field.q, field=field)
    if field.q < _NOTHING and point.sigma_b == 0.0 and activation(point.name)(0.0) == 0.0:
        known = replace(known, ending=KINDS[COLLAPSES], q=0.0)
    return replace(known, lasting=_lasting(known, tick))


_fields = Kept[MeanField](64)


def _field(point: Point) -> MeanField:
    """The mean field with its correlation, which is the slowest to find."""

    def compute() -> MeanField:
        field = _exact(point.name, point.sigma_w**2, point.sigma_b**2, point.q1)
        _ = field.c
        return field

    return _fields.get((point.name, point.sigma_w, point.sigma_b, point.q1), compute)


def _exact(name: str, sigma_w2: float, sigma_b2: float, q1: float) -> MeanField:
    return mean_field(name, sigma_w2, sigma_b2, q0=min(max(q1, 1e-30), 1e30))


def _lasting(point: Point, tick: Tick) -> Lasting:
    """For how many layers the gradient stays healthy: followed as far as the pace changes."""
    setup, limit = point.subject.setup, -point.subject.setup.log10_threshold
    for layers in _LOOKS:
        left, _ = ratios_by_depth(
            point.name,
            [point.sigma_w],
            point.sigma_b,
            abs(setup.x),
            np.arange(1.0, layers + 1.0),
            tick=tick,
        )
        lost = np.abs(left[:, 0])
        beyond = np.flatnonzero(~(lost <= limit))
        if beyond.size:
            return Lasting(float(beyond[0] + 1))
        *_, before, last = np.diff(left[:, 0]).tolist()
        if abs(last - before) <= _STEADY:
            if abs(last) <= CRITICAL:
                return Lasting(math.inf)
            room = limit - math.copysign(1.0, last) * float(left[-1, 0])
            return Lasting(layers + room / abs(last))
    return Lasting(float(_LOOKS[-1]), seen=False)


# -------------------------------------------------------------------- wording


def left_in_words(point: Point) -> str:
    """What is left of the gradient after the point's layers."""
    digits = digits_beside(point.log10_left, point.subject.setup.log10_threshold)
    bounded = point.log10_left < math.inf
    left = magnitude(point.log10_left if bounded else LARGEST, digits)
    if not bounded:
        left = f"more than {left}"
    elif not point.followed and point.log10_left > -math.inf:
        left = f"less than {left}"
    layers = counted(point.layers, "layer")
    if point.log10_left >= NONE:
        return f"{layers} make{'' if point.layers > 1 else 's'} it {left}"
    return f"{layers} leave{'' if point.layers > 1 else 's'} {left}"
