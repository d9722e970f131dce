"""The phase view: where in the plane of σw and σb gradients vanish, explode or survive."""

from __future__ import annotations

import math

from gradtui.mathematics.wide.mean_field import KINDS
from gradtui.plots.picture import Row, row_within
from gradtui.views.columns import in_columns
from gradtui.views.phase_map import Phase, run
from gradtui.views.phase_picture import draw
from gradtui.views.phase_verdict import critical_setup, diagnose, figure, kind_of, lasting
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Finding, Table, Value, View
from gradtui.views.wording import magnitude, plain


def readout(result: Phase, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each activation: what the theory says of it at the cursor."""
    limit = log10_threshold(setup)
    columns = {
        "rate": [f"×{figure(math.sqrt(one.chi), 4)}" for one in result.points],
        "q*": [figure(one.q, 4) for one in result.points],
        "c*": _slow(result, "c"),
        "ξ∇": _slow(result, "xi_gradient"),
        "ξc": _slow(result, "xi_c"),
        "ξq": _slow(result, "xi_q"),
        "6ξc": _slow(result, "xi_c", times=6.0),
        "lasts": [lasting(one, limit) for one in result.points],
        "critical": [figure(one.critical_sigma_w, 4) for one in result.points],
    }
    where = f" {_where(setup)} "
    lines = in_columns(
        where,
        columns,
        [(one.name, kind_of(one, limit)) for one in result.points],
        width,
        usual=(8, 8, 8, 6, 6, 6, 6, 6, 9),
        without=("ξq", "6ξc", "c*", "ξ∇"),
        shortest=max(len(where) - 5, 7),
    )
    if len(result.points) == 1:
        spread = f"{magnitude(limit)} or {magnitude(-limit)}"
        words = f" layers: ξ for a factor e (< 0 grows), 6ξc trainable, lasts until {spread}"
        return (*lines, row_within(width, (words, "muted")))
    return lines


def _where(setup: Setup) -> str:
    """The cursor's place in words."""
    if setup.against == "depth":
        return f"at ({plain(setup.sigma_w, 4)}, {setup.layer:,})"
    return f"at ({plain(setup.sigma_w, 4)}, {plain(setup.sigma_b)})"


def _slow(result: Phase, name: str, times: float = 1.0) -> list[str]:
    """One of the theory's numbers for each activation, as far as they are known yet."""
    return [
        "…" if one.field is None else figure(times * getattr(one.field, name))
        for one in result.points
    ]


def finding(result: Phase, name: str) -> Finding:
    """The verdict on one activation at the cursor."""
    return diagnose(result.setup, result.at(name))


def table(result: Phase) -> Table:
    """Every activation at the cursor, then the map of the focused one, row by row."""
    setup, one = result.setup, result.map
    rows: Table = []
    for here in result.points:
        field = here.field
        rows.append(
            _table_row("cursor", here.name, here.sigma_w, here.sigma_b, here.layers)
            | {
                "log10_rate": here.log10_rate,
                "log10_left": here.log10_left,
                "q": here.q,
                "kind": here.kind,
                "c": None if field is None else field.c,
                "xi_gradient": None if field is None else field.xi_gradient,
                "xi_c": None if field is None else field.xi_c,
                "xi_q": None if field is None else field.xi_q,
                "critical_sigma_w": here.critical_sigma_w,
            }
        )
    left = one.log10_left
    empty = dict.fromkeys(("c", "xi_gradient", "xi_c", "xi_q", "critical_sigma_w"))
    for line, height in enumerate(one.heights.tolist()):
        sigma_b = setup.sigma_b if setup.against == "depth" else height
        for column, sigma_w in enumerate(one.sigma_w.tolist()):
            rows.append(
                _table_row("map", setup.focused, sigma_w, sigma_b, int(one.layers[line]))
                | {
                    "log10_rate": float(one.log10_rates[line, column]),
                    "log10_left": float(left[line, column]),
                    "q": float(one.q[line, column]),
                    "kind": KINDS[one.kinds[line, column]],
                }
                | empty
            )
    return rows


def _table_row(
    place: str, name: str, sigma_w: float, sigma_b: float, layers: int
) -> dict[str, Value]:
    return {
        "place": place,
        "activation": name,
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
        "layers": layers,
    }


# ------------------------------------------------------------------- cursor


def upright(setup: Setup) -> str:
    """The knob that is the cursor's height."""
    return "layer" if setup.against == "depth" else "sigma_b"


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """About a cell of the map to the right."""
    return _moved(setup, "sigma_w", setup.sigma_w_range, steps * (10 if tens else 1))


def climb(setup: Setup, steps: int, tens: bool) -> Setup:
    """About a third of a cell of the map up."""
    steps *= 10 if tens else 1
    if setup.against == "depth":
        stride = max(int(_step((0.0, setup.depth))), 1)
        return setup.with_(layer=setup.layer + steps * stride).clamped()
    return _moved(setup, "sigma_b", setup.sigma_b_range, steps)


def _moved(setup: Setup, name: str, limits: tuple[float, float], steps: int) -> Setup:
    step = _step(limits)
    value = (round(getattr(setup, name) / step) + steps) * step
    return setup.with_(**{name: float(f"{value:.12g}")}).clamped()


def _step(limits: tuple[float, float]) -> float:
    """A sixtieth of the range at most: 1, 2 or 5 · 10^k."""
    most = (limits[1] - limits[0]) / 60.0
    unit = 10.0 ** math.floor(math.log10(most))
    return max(factor for factor in (1, 2, 5) if factor * unit <= most * (1 + 1e-9)) * unit


def idle(setup: Setup) -> frozenset[str]:
    """Each way to map has knobs of its own."""
    return frozenset({"units"} if setup.against == "depth" else {"layer", "x"})


VIEW = View(
    name="phase",
    title="the phase diagram",
    question="At which σw and σb does a gradient survive?",
    knobs=(
        "activations",
        "focus",
        "against",
        "sigma_w_range",
        "sigma_b_range",
        "sigma_b",
        "depth",
        "layer",
        "x",
        "units",
        "threshold",
    ),
    cursor="sigma_w",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk,
    defaults={"activations": ("tanh",), "depth": 50, "sigma_w": 1.5, "sigma_b": 0.2},
    idle=idle,
    upright=upright,
    climb=climb,
    snap=critical_setup,
    reads_cursor=True,
)
