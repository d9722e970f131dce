"""The init view, the inverse question: which weights keep a gradient over a given depth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from gradtui.mathematics.wide.advice import SIGMA_W_RANGE, Advice
from gradtui.mathematics.wide.mean_field import mean_field
from gradtui.plots.canvas import MIN_HEIGHT, Canvas, tick_values
from gradtui.plots.picture import (
    DASHES,
    LETTERS,
    Picture,
    Row,
    Span,
    curve_role,
    fit_text,
    row,
    row_text,
    row_within,
    wrapped,
)
from gradtui.views.answers import Answer, Answers, Choice, run
from gradtui.views.network_verdicts import saturated_share
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.snippets import snippets as lines_to_paste
from gradtui.views.view import Finding, Size, Table, View
from gradtui.views.wording import decade, magnitude, percent, plain, rate

# ----------------------------------------------------------------------- draw


def draw(result: Answers, setup: Setup, size: Size, marker: str) -> Picture:
    """What is left of the gradient by σw: curve, healthy band, advice, recipes, measurements."""
    limit = log10_threshold(setup)
    focused = result.focused
    below = _recipes(focused, setup, limit, size)
    top = -_BANDS * limit
    low, high = setup.sigma_w_range
    high = max(high, 1.15 * focused.advice.sigma_w)
    canvas = Canvas(
        size.width,
        size.height - 1 - below.height,
        (low, high),
        (-top, top),
        x_label=plain,
        y_label=decade if top >= _FEW_DECADES else lambda at: magnitude(at, 2),
        marker=marker,
        label_width=6 if top < 999 else 8,
        x_ticks=tick_values(low, high, max(3, size.width // 9)),
        whole_y=top >= _FEW_DECADES,
    )
    for edge in (limit, -limit):
        canvas.level(edge, f" {magnitude(edge)} ", "good")
    for index, answer in reversed(list(enumerate(result.of))):
        w, r = answer.advice.curve
        canvas.line(w, r, curve_role(index), DASHES[index])
    for index, answer in enumerate(result.of if len(result.of) > 1 else ()):
        w, r = answer.advice.curve
        place = int(np.argmin(abs(r + 0.6 * top)))  # below the band, clear of the advice
        canvas.text(float(w[place]), float(r[place]), LETTERS[index], curve_role(index))
    canvas.upright(focused.advice.sigma_w, "good")
    canvas.upright(setup.sigma_w, "cursor")
    others = [one for one in focused.recipes if one.sigma_w != focused.advised.sigma_w]
    measured = [one for one in (focused.advised, *others) if one.measured.size]
    spans = [one.quantiles() for one in measured]
    low_ends, high_ends = ([span[end] for span in spans] for end in (0, 2))
    canvas.bars([one.sigma_w for one in measured], low_ends, high_ends, "spread")
    for one in (*focused.recipes, focused.advised):
        canvas.text(one.sigma_w, min(max(one.known, -top), top), one.letter, one.kind(limit).role)
    heading = row_within(
        size.width,
        Span(f"       gradient left after {setup.depth} layers, by σw", "title"),
        Span("  ● advised", "good"),
        Span("  │ 5-95 %", "spread"),
        Span(" measured", "muted"),
    )
    return Picture.of([heading], size.width).above(canvas.build()).above(below)


_BANDS = 3.0
"""The picture is so many times as high as the healthy band."""
_FEW_DECADES = 3.0
_LEAST_PLOT = 8
"""Rows of the plot that a table of recipes leaves to it; else there are only their names."""


def _recipes(answer: Answer, setup: Setup, limit: float, size: Size) -> Picture:
    """The recipes under the picture: a table of them, or where there is no room their names."""
    longest = max(len(one.label) for one in answer.recipes)
    wide = max(22, min(longest, size.width - 52))
    head = f"   recipe{'σw':>{wide + 2}}{f'after {setup.depth}':>11}  measured"
    rows = [row_within(size.width, Span(head, "muted"), Span(" 5-95 %", "muted"))]
    for one in answer.recipes:
        kind = one.kind(limit)
        rows.append(
            row_within(
                size.width,
                Span(f" {kind.mark} {one.letter} ", kind.role),
                Span(fit_text(one.label, wide)),
                Span(f"{plain(one.sigma_w, 4):>7}{magnitude(one.log10_ratio):>11}"),
                *_measured(one),
            )
        )
    if size.height - 1 - len(rows) < _LEAST_PLOT:
        # A no-break space, so that a letter stays with its name.
        names = " ".join(f" {one.letter}\u00a0{one.label}" for one in answer.recipes)
        lines = wrapped(names.replace(", ", ",\u00a0"), size.width, "muted", " ")
        rows = [row((row_text(one).replace("\u00a0", " "), "muted")) for one in lines]
        rows = rows[: max(size.height - 1 - MIN_HEIGHT, 0)]
    return Picture.of(rows, size.width)


def _measured(one: Choice) -> tuple[Span, ...]:
    """Median and 5-95 %, as two columns."""
    if not one.measured.size:
        return (Span("  …" if one.wanted else "", "muted"),)
    low, mid, high = map(magnitude, one.quantiles())
    return Span(f"  {mid:<8} "), Span(f"{low} to {high}", "spread")


# -------------------------------------------------------------------- readout


def readout(result: Answers, setup: Setup, width: int) -> tuple[Row, ...]:
    """The advice and the cursor's σw: theory, and what was measured."""
    answer, limit = result.focused, log10_threshold(setup)
    w, r = answer.advice.curve
    here = Choice(
        ("cursor",),
        "┆",
        "",
        setup.sigma_w,
        setup.sigma_b,
        float(np.interp(setup.sigma_w, w, r)) if setup.sigma_w else -math.inf,
    )
    after = f"after {setup.depth}"
    rows = [
        row_within(
            width,
            Span(fit_text(f" {answer.name}", 14), "title"),
            Span(f"{'σw':>9}{'σb':>6}{'a layer':>10}{after:>11}", "muted"),
            Span("  measured", "muted"),
            Span(" 5-95 %", "muted"),
        )
    ]
    for one in (answer.advised, here):
        kind = one.kind(limit)
        role = "cursor" if one is here else kind.role
        rows.append(
            row_within(
                width,
                Span(f" {kind.mark} {one.letter} {one.label:<9}", role),
                Span(f"{plain(one.sigma_w, 6):>9}{plain(one.sigma_b):>6}"),
                Span(f"{_a_layer(one, setup):>10}{magnitude(one.log10_ratio):>11}"),
                *_measured(one),
            )
        )
    return tuple(rows)


def _a_layer(one: Choice, setup: Setup) -> str:
    """The geometric mean of the factors; what is not a hundred-thousandth off 1 is 1."""
    each = one.log10_ratio / setup.depth
    return "×1" if abs(each) < _NEXT_TO_1 else rate(each)


_NEXT_TO_1 = 5e-6


# -------------------------------------------------------------------- finding


def finding(result: Answers, name: str) -> Finding:
    """The verdict on the advice: what it keeps, how exact it has to be, and where it fails."""
    setup, answer = result.setup, result.answer(name)
    limit = log10_threshold(setup)
    advice, advised = answer.advice, answer.advised
    kind = advised.kind(limit)
    known = "in the median" if advised.measured.size else "in theory"
    layers = f"{setup.depth} layer{'s' if setup.depth > 1 else ''}"
    sentence = (
        f"{name} {kind} over {layers} with σw = {plain(advice.sigma_w, 6)} (the gain), "
        f"σb = {plain(advice.sigma_b)}: {known} {magnitude(advised.known)} of the gradient "
        f"arrives; healthy is {magnitude(limit)} to {magnitude(-limit)}."
    )
    if setup.x == 0.0 and setup.sigma_b == 0.0:
        exactness = "All inputs and biases are 0, so every z is."
    else:
        exactness = _exactness(advice)
    causes = [_checked(setup, answer, limit), exactness, *_costs(answer)]
    return Finding(name, kind, sentence, " ".join(causes), answer.remedy)


def _checked(setup: Setup, answer: Answer, limit: float) -> str:
    """What the simulation says beside the theory."""
    advised, network = answer.advised, answer.network
    if answer.not_simulated:
        return f"Not simulated: {answer.not_simulated}."
    count = advised.measured.size
    if not count or network is None:
        return "Random networks are being drawn to check it."
    low, _, high = map(magnitude, advised.quantiles())
    theory, here = magnitude(advised.log10_ratio), float(network.centre[0])
    if math.isfinite(here):
        theory += f" for infinite width, {magnitude(here)} for {setup.units} units"
    text = (
        f"Of {count} random networks of {setup.units} units a layer, {advised.healthy(limit)} are "
        f"healthy and 90 % keep {low} to {high} (theory: {theory})."
    )
    if advised.holds(limit) or answer.advice.unstable or here == -math.inf:
        return text
    wide = answer.width_that_holds
    if setup.units < wide < math.inf and setup.x:
        text += f" It takes about {magnitude(math.log10(wide))} units to hold in most."
    orthogonal = next((one for one in answer.recipes if one.names == ("orthogonal",)), None)
    if orthogonal is not None and orthogonal.measured.size and orthogonal.holds(limit):
        text += (
            f" Orthogonal weights of this gain scatter less: {orthogonal.healthy(limit)} of "
            f"{orthogonal.measured.size} are healthy."
        )
    return text


def _exactness(advice: Advice) -> str:
    """Which other σw would do."""
    if not advice.possible:
        return (
            "No σw is healthy at this σb: below it the signal dies out, above it explodes, and "
            "nothing lies between."
        )
    if advice.unstable:
        return (
            f"σw would have to be right to {percent(advice.tolerance)}: below it the signal itself "
            "dies out, above it explodes."
        )
    least, most = SIGMA_W_RANGE
    upwards = "up" if advice.high >= most else f"to {plain(advice.high, 4)}"
    low = "0" if advice.low <= least else plain(advice.low, 4)
    return f"In theory any σw from {low} {upwards} will do."


def _costs(answer: Answer) -> Iterator[str]:
    """What saturation costs, where weights are so large that there is much of it."""
    f, advice = answer.advice.activation, answer.advice
    if f.saturates != "both sides" or answer.network is None:
        return
    share = saturated_share(answer.network)
    if share > _MUCH:
        c = mean_field(f, advice.sigma_w**2, advice.sigma_b**2).c
        yield (
            f"Such weights saturate {percent(share)} of the units: few carry the gradient, which "
            f"therefore scatters, and two inputs end with a correlation of {plain(c, 4)}."
        )


_MUCH = 0.25
"""A share of saturated units that is worth mentioning."""


# ---------------------------------------------------------------------- table


def table(result: Answers) -> Table:
    """A row for the advice and each recipe, those of one and the same σ apart again."""
    setup = result.setup
    limit = log10_threshold(setup)
    rows: Table = []
    for answer in result.of:
        for one in (answer.advised, *answer.recipes):
            known = one is answer.advised and answer.advice.possible
            low, mid, high = one.quantiles() if one.measured.size else (None, None, None)
            rows += [
                {
                    "activation": answer.name,
                    "recipe": name,
                    "sigma_w": one.sigma_w,
                    "sigma_b": one.sigma_b,
                    "gain": one.sigma_w,
                    "sigma_w_low": answer.advice.low if known else None,
                    "sigma_w_high": answer.advice.high if known else None,
                    "log10_rate_per_layer": one.log10_ratio / setup.depth,
                    "log10_ratio_theory": one.log10_ratio,
                    "networks": one.measured.size,
                    "log10_ratio_5": low,
                    "log10_ratio_50": mid,
                    "log10_ratio_95": high,
                    "share_healthy": one.healthy(limit) / one.measured.size
                    if one.measured.size
                    else None,
                    "verdict": str(one.kind(limit)),
                }
                for name in one.names
            ]
    return rows


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """The cursor along σw, in hundredths or tenths."""
    sigma_w = round(setup.sigma_w + steps * (0.1 if tens else 0.01), 10)
    return setup.with_(sigma_w=sigma_w).clamped()


def snippets(result: Answers, setup: Setup) -> Mapping[str, str]:
    """The lines that set the advice for the focused activation."""
    advice = result.focused.advice
    return lines_to_paste(advice.sigma_w, advice.sigma_b)


VIEW = View(
    name="init",
    title="initialisation",
    question="Which weights keep the gradient, for this activation and depth?",
    knobs=(
        "activations",
        "focus",
        "depth",
        "threshold",
        "sigma_b",
        "x",
        "units",
        "networks",
        "seed",
        "sigma_w_range",
        "sigma_b_range",
    ),
    cursor="sigma_w",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk,
    snippets=snippets,
    defaults={"activations": ("tanh",), "depth": 80, "threshold": 0.1, "networks": 50},
)
