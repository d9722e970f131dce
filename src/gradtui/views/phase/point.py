"""One activation at the cursor of the phase diagram: what theory says of it there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gradtui.mathematics.wide.mean_field import KINDS, MeanField, mean_field
from gradtui.mathematics.wide.phase import CriticalPoint, critical_points, rate_map
from gradtui.models import MODELS
from gradtui.models.finding import Kind, Remedy
from gradtui.models.kept import Kept
from gradtui.models.network.networks import theory
from gradtui.models.subject import Subject
from gradtui.progress import Tick
from gradtui.setup import Setup
from gradtui.wording import magnitude

MODEL = MODELS["network"]
"""Whose weights are mapped."""

_ELSEWHERE = 1e-3
"""|χ - 1| beyond which q has not gone to the critical point."""

CRITICAL = 1e-6
"""|χ - 1| up to which a point is on the critical line: the map's own accuracy."""

NONE = 0.005
"""Decades that are no growth when written in two digits."""


@dataclass(frozen=True, eq=False)
class Point:
    """One activation at the cursor.

    Attributes:
        subject: the activation, with the cursor where the point is.
        chi: χ at q*.
        q: q*.
        ending: how q ends, one of `KINDS`.
        log10_left: log10 of what is left of the gradient's norm after the layers.
        critical: every critical point at this σb that q = 1 goes to, as it does in the map.
        field: the whole theory, once it is known.
        remedy: what was found to help.
    """

    subject: Subject
    chi: float
    q: float
    ending: str
    log10_left: float
    critical: tuple[CriticalPoint, ...]
    field: MeanField | None = None
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
    def layers(self) -> int:
        """How many layers the gradient passes."""
        return _passed(self.subject.setup)

    @property
    def log10_rate(self) -> float:
        """log10 √χ: the factor of the gradient's norm a layer."""
        return 0.5 * _log10(self.chi)

    def kind(self, log10_limit: float) -> Kind:
        """What becomes of the gradient after the layers."""
        return Kind.of(self.log10_left, log10_limit)

    @property
    def side(self) -> str:
        """On which side of the critical line."""
        if abs(self.chi - 1.0) <= CRITICAL:
            return "critical"
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


# --------------------------------------------------------------- at the cursor


def subjects_of(setup: Setup) -> tuple[Subject, ...]:
    """Every activation: the weights are what the map is over, whatever recipes are compared."""
    return MODEL.subjects(setup.with_(init=setup.network.init[:1]))


def focused_subject(setup: Setup) -> Subject:
    """The activation that is mapped."""
    return next(subject for subject in subjects_of(setup) if subject.name == setup.focused)


def point_of(subject: Subject) -> Point:
    """What takes no time to know at the cursor."""
    setup, name = subject.setup, subject.activation
    w, b = setup.plane.sigma_w * setup.plane.sigma_w, setup.plane.sigma_b * setup.plane.sigma_b
    here = rate_map(name, [w], [b])
    chi = max(float(here.chi[0, 0]), 0.0)
    left = _passed(setup) * (0.5 * _log10(chi))
    critical = tuple(at for at in critical_points(name, b) if reached(name, at.sigma_w2, b))
    return Point(
        subject, chi, float(here.q[0, 0]), KINDS[int(here.kinds[0, 0])], left, critical
    )  # fmt: skip


def reached(name: str, sigma_w2: float, sigma_b2: float) -> bool:
    """Whether q = 1 goes to a critical point there, not to another end."""
    chi = float(rate_map(name, [sigma_w2], [sigma_b2]).chi[0, 0])
    return abs(chi - 1.0) <= _ELSEWHERE


def completed(point: Point, tick: Tick) -> Point:
    """The same with the theory's slower numbers."""
    field = _field(point.name, point.sigma_w * point.sigma_w, point.sigma_b * point.sigma_b)
    return replace(followed(point, tick), ending=field.kind, field=field)


def followed(point: Point, tick: Tick) -> Point:
    """The same, in a map of depths with q on its way to q* instead of there."""
    setup = point.subject.setup
    if setup.plane.against != "depth":
        return point
    w, b = point.sigma_w * point.sigma_w, point.sigma_b * point.sigma_b
    path = theory(point.name, w, b, point.layers, abs(setup.x), tick)
    return replace(point, log10_left=float(path.log10_grad_hidden[0]))


_fields = Kept[MeanField](64)


def _field(name: str, sigma_w2: float, sigma_b2: float) -> MeanField:
    """The mean field with its correlation, which is the slowest to find."""

    def compute() -> MeanField:
        field = mean_field(name, sigma_w2, sigma_b2)
        _ = field.c
        return field

    return _fields.get((name, sigma_w2, sigma_b2), compute)


# -------------------------------------------------------------------- wording


def left_in_words(point: Point) -> str:
    """What is left of the gradient after the point's layers."""
    left = "without bound" if point.log10_left == math.inf else magnitude(point.log10_left)
    layers = f"{point.layers:,} layer{'s' if point.layers > 1 else ''}"
    if point.log10_left >= NONE:
        return f"{layers} make{'' if point.layers > 1 else 's'} it {left}"
    return f"{layers} leave{'' if point.layers > 1 else 's'} {left}"
