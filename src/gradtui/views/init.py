"""The init view, the inverse question: which weights keep a gradient over a given depth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from gradtui.mathematics.advice import Advice
from gradtui.mathematics.mean_field import mean_field
from gradtui.plots.canvas import Canvas, tick_values
from gradtui.plots.picture import (
    DASHES,
    LETTERS,
    Picture,
    Row,
    Span,
    curve_role,
    fit_text,
    row_within,
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
    top = -_BANDS * limit
    focused = result.focused
    low, high = setup.sigma_w_range
    high = max(high, 1.15 * focused.advice.sigma_w)
    names = _names(focused.recipes, size.width)
    canvas = Canvas(
        size.width,
        size.height - 1 - len(names),
        (low, high),
        (-top, top),
        x_label=plain,
        y_label=decade if top >= 3.0 else lambda at: magnitude(at, 2),
        marker=marker,
        label_width=6 if top < 999 else 8,
        x_ticks=tick_values(low, high, max(3, size.width // 9)),
        whole_y=top >= 3.0,
    )
    canvas.level(-limit, f" {magnitude(-limit)} ", "good")
    canvas.level(limit, f" {magnitude(limit)} ", "good")
    for index, answer in reversed(list(enumerate(result.of))):
        w, r = answer.advice.curve
        canvas.line(w, r, curve_role(index), DASHES[index])
    if len(result.of) > 1:
        for index, answer in enumerate(result.of):
            # Beside the band, where the curves are apart.
            w, r = answer.advice.curve
            place = int(np.argmin(abs(r + 0.6 * top)))
            canvas.text(float(w[place]), float(r[place]), LETTERS[index], curve_role(index))
    canvas.upright(focused.advice.sigma_w, "good")
    canvas.upright(setup.sigma_w, "cursor")
    measured = [one for one in (focused.advised, *focused.recipes) if one.measured.size]
    spans = [one.quantiles() for one in measured]
    low_ends, high_ends = ([span[end] for span in spans] for end in (0, 2))
    canvas.bars([one.sigma_w for one in measured], low_ends, high_ends, "spread")
    for one in (*focused.recipes, focused.advised):
        at = min(max(one.known, -top), top)
        canvas.text(one.sigma_w, at, one.letter, one.kind(limit).role)
    heading = row_within(
        size.width,
        Span(f"       gradient left after {setup.depth} layers, by σw", "title"),
        Span("  ● advised", "good"),
        Span("  │ 5-95 %", "spread"),
        Span(" measured", "muted"),
    )
    return (
        Picture.of([heading], size.width).above(canvas.build()).above(Picture.of(names, size.width))
    )


_BANDS = 3.0
"""The picture is so many times as high as the healthy band."""


def _names(recipes: tuple[Choice, ...], width: int) -> list[Row]:
    """The recipes by their letters, in as many rows as they take."""
    rows: list[list[Span]] = [[]]
    used = 7
    for one in recipes:
        length = len(one.label) + 4
        if used + length > width and rows[-1]:
            rows.append([])
            used = 7
        lead = " " * 7 if not rows[-1] else ""
        rows[-1] += [Span(f"{lead}{one.letter} ", "title"), Span(f"{one.label}  ", "muted")]
        used += length
    return [tuple(one) for one in rows if one]


# -------------------------------------------------------------------- readout


def readout(result: Answers, setup: Setup, width: int) -> tuple[Row, ...]:
    """The advice, the cursor's σw and every recipe: theory beside what was measured."""
    answer, limit = result.focused, log10_threshold(setup)
    after = f"after {setup.depth}"
    fixed = 3 + 24 + 10 + 2 + 24
    wide = max(min(22, width - fixed), 8)
    rows = [
        row_within(
            width,
            Span(fit_text(f" {answer.name}", wide + 3), "title"),
            Span(f"{'σw':>8}{'σb':>7}{'a layer':>9}{after:>10}", "muted"),
            Span("   measured: median, 5-95 %", "muted"),
        )
    ]
    w, r = answer.advice.curve
    here = Choice(
        ("cursor",), " ", "", setup.sigma_w, setup.sigma_b,
        float(np.interp(setup.sigma_w, w, r)) if setup.sigma_w else -math.inf, 0,
    )  # fmt: skip
    for one in (answer.advised, here, *answer.recipes):
        kind = one.kind(limit)
        role = "cursor" if one is here else kind.role
        per_layer = one.log10_ratio / setup.depth
        rows.append(
            row_within(
                width,
                Span(f" {kind.mark} ", role),
                Span(fit_text(f"{one.letter} {one.label}", wide), role),
                Span(f"{plain(one.sigma_w, 4):>8}{plain(one.sigma_b, 2):>7}"),
                Span(f"{rate(per_layer)[:9]:>9}{magnitude(one.log10_ratio):>10}"),
                Span(f"   {_measured(one)}", "" if one.measured.size else "muted"),
            )
        )
    return tuple(rows)


def _measured(one: Choice) -> str:
    if not one.measured.size:
        return "" if not one.wanted else "…"
    low, mid, high = map(magnitude, one.quantiles())
    return f"{mid:<8}{low} to {high}"


# -------------------------------------------------------------------- finding


def finding(result: Answers, name: str) -> Finding:
    """The verdict on the advice: what it keeps, how exact it has to be, and where it fails."""
    setup, answer = result.setup, result.answer(name)
    limit = log10_threshold(setup)
    advice, advised = answer.advice, answer.advised
    kind = advised.kind(limit)
    known = "in theory" if not advised.measured.size else "in the median"
    healthy = f"healthy is {magnitude(limit)} to {magnitude(-limit)}"
    sigma_w, sigma_b = plain(advice.sigma_w, 6), plain(advice.sigma_b)
    sentence = (
        f"{name} over {setup.depth} layers: σw = {sigma_w} with σb = {sigma_b} (gain {sigma_w}) "
        f"keeps {magnitude(advised.known)} of the gradient {known}; {healthy}."
    )
    causes = [_checked(setup, answer, limit), _exactness(advice), *_costs(answer)]
    return Finding(name, kind, sentence, " ".join(one for one in causes if one), answer.remedy)


def _checked(setup: Setup, answer: Answer, limit: float) -> str:
    """What the simulation says beside the theory."""
    advised, network = answer.advised, answer.network
    if answer.not_simulated:
        return f"Not simulated: {answer.not_simulated}."
    count = advised.measured.size
    if not count or network is None:
        return "Now checked on random networks."
    low, _, high = map(magnitude, advised.quantiles())
    theory = (
        f"theory: {magnitude(advised.log10_ratio)} for infinite width, "
        f"{magnitude(float(network.centre[0]))} for {setup.units} units"
    )
    text = (
        f"Of {count} random networks of {setup.units} units a layer, {advised.healthy(limit)} are "
        f"healthy and 90 % keep {low} to {high} ({theory})."
    )
    wide = answer.width_that_holds
    if not (advised.holds(limit) or answer.advice.unstable) and setup.units < wide < math.inf:
        text += f" It takes about {magnitude(math.log10(wide))} units to hold in most."
    return text


def _exactness(advice: Advice) -> str:
    if not advice.possible:
        return (
            "No σw is healthy at this σb: below it the signal dies out, above it explodes, and "
            "nothing lies between."
        )
    if advice.unstable:
        return (
            f"σw would have to be right to {percent(advice.tolerance)}: below, the signal itself "
            "dies out, above, it explodes."
        )
    return f"Any σw from {plain(advice.low, 4)} to {plain(advice.high, 4)} will do in theory."


def _costs(answer: Answer) -> Iterator[str]:
    """What saturation costs, where weights are so large that there is much of it."""
    f, advice = answer.advice.activation, answer.advice
    if f.saturates == "both sides" and answer.network is not None:
        share = saturated_share(answer.network)
        if share > _MUCH:
            c = mean_field(f, advice.sigma_w**2, advice.sigma_b**2).c
            yield (
                f"Such weights saturate {percent(share)} of the units: the few others carry the "
                f"gradient, which so scatters; two inputs become alike (c* = {plain(c, 4)})."
            )


_MUCH = 0.1
"""A share of saturated units that is worth mentioning."""


# ---------------------------------------------------------------------- table


def table(result: Answers) -> Table:
    """A row for the advice and each recipe, those of one and the same σ apart again."""
    setup = result.setup
    limit = log10_threshold(setup)
    rows: Table = []
    for answer in result.of:
        for one in (answer.advised, *answer.recipes):
            is_advised = one is answer.advised
            low, mid, high = one.quantiles() if one.measured.size else (None, None, None)
            rows += [
                {
                    "activation": answer.name,
                    "recipe": name,
                    "sigma_w": one.sigma_w,
                    "sigma_b": one.sigma_b,
                    "gain": one.sigma_w,
                    "sigma_w_low": answer.advice.low if is_advised else None,
                    "sigma_w_high": answer.advice.high if is_advised else None,
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
    ),
    cursor="sigma_w",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk,
    snippets=snippets,
    defaults={"activations": ("tanh",), "depth": 80, "threshold": 0.1},
)
