"""The cursor of the phase view: a place on the map, which arrows and keys of its own move."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.initialisation import initialisation
from gradtui.mathematics.spec import number
from gradtui.setup import KNOBS, Setup
from gradtui.views.view import Key, Moved
from gradtui.when_called import when_called
from gradtui.wording import plain

if TYPE_CHECKING:
    from gradtui.views.extent import alpha_range, sigma_ranges
    from gradtui.views.phase.critical import critical_setup
else:
    alpha_range, sigma_ranges = when_called("gradtui.views.extent", "alpha_range", "sigma_ranges")
    (critical_setup,) = when_called("gradtui.views.phase.critical", "critical_setup")


def upright(setup: Setup) -> str:
    """The knob that is the cursor's height."""
    return {"depth": "layer", "alpha": "alpha"}.get(setup.plane.against, "sigma_b")


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """About a cell of the map to the right."""
    return _stepped(setup, "sigma_w", sigma_ranges(setup)[0], steps * (10 if tens else 1))


def climb(setup: Setup, steps: int, tens: bool) -> Setup:
    """About a third of a cell of the map up."""
    steps *= 10 if tens else 1
    if setup.plane.against == "depth":
        stride = max(int(_step((0.0, setup.depth))), 1)
        return setup.with_(layer=setup.layer + steps * stride).clamped()
    if setup.plane.against == "alpha":
        return _stepped(setup, "alpha", alpha_range(setup), steps)
    return _stepped(setup, "sigma_b", sigma_ranges(setup)[1], steps)


def _stepped(setup: Setup, name: str, limits: tuple[float, float], steps: int) -> Setup:
    step = _step(limits)
    value = (round(KNOBS[name].of(setup) / step) + steps) * step
    inside = min(max(float(f"{value:.12g}"), limits[0]), limits[1])
    return setup.with_(**{name: inside})


def _step(limits: tuple[float, float]) -> float:
    """A sixtieth of the range at most: 1, 2 or 5 · 10^k."""
    most = (limits[1] - limits[0]) / 60.0
    unit = 10.0 ** math.floor(math.log10(most))
    return max(factor for factor in (1, 2, 5) if factor * unit <= most * (1 + 1e-9)) * unit


# ----------------------------------------------------------------------- keys


def snap(setup: Setup) -> Moved:
    """The cursor on the critical line.

    Raises:
        InputError: there is none at this σb.
    """
    there = critical_setup(setup)
    said = f"Critical at σb {plain(there.plane.sigma_b)}: σw {plain(there.plane.sigma_w, 6)}."
    if there.plane.sigma_w_range != setup.plane.sigma_w_range:
        said += f" The {KNOBS['sigma_w_range'].label} is {KNOBS['sigma_w_range'].text(there)} now."
    return Moved(there, message=f"{said} D takes it into decay.")


def take_into_decay(setup: Setup) -> Moved:
    """The cursor's (σw, σb) as the initialisation of a network, in the decay view; α as blocks."""
    plane = setup.plane
    sigma_w, sigma_b = plane.sigma_w, plane.sigma_b
    init = initialisation(f"normal({number(sigma_w)}, {number(sigma_b)})").spec
    there, blocks = setup.with_(init=(init,), model="network"), ""
    if plane.against == "alpha":
        spec = block(f"residual(norm={plane.branch_norm}, alpha={number(plane.alpha)})").spec
        there, blocks = there.with_(block=(spec,)), f", in {spec}"
    return Moved(
        there,
        "decay",
        f"A network of σw {plain(sigma_w, 6)}, σb {plain(sigma_b)}{blocks}; u goes back.",
    )


def _of_layers(setup: Setup) -> bool:
    """Whether the map is of layers: of blocks there is no critical line."""
    return setup.plane.against != "alpha"


KEYS = (
    Key("snap", ("C",), "C", "critical", "to the critical line", snap, _of_layers),
    Key(
        "take_into_decay",
        ("D",),
        "D",
        "into decay",
        "the cursor's (σw, σb), and α, into decay",
        take_into_decay,
    ),
)
