"""The picture of the init view: what is left of a gradient by σw, over a table of recipes."""

from __future__ import annotations

from gradtui.mathematics.wide.block_advice import BlockAdvice
from gradtui.plots.canvas import MIN_HEIGHT, Canvas
from gradtui.plots.picture import (
    LETTERS,
    Picture,
    Row,
    Span,
    curve_role,
    dash_of,
    fit_text,
    row,
    row_text,
    row_within,
    wrapped,
)
from gradtui.setup import Setup
from gradtui.views.columns import whole_columns
from gradtui.views.curves import drawing_order
from gradtui.views.extent import sigma_ranges
from gradtui.views.init.comparison import CheckedWeights, Comparison, Comparisons
from gradtui.views.init.readout import (
    ADVISED,
    after_column,
    in_theory,
    mark_of,
    measured_columns,
    role_of,
)
from gradtui.views.view import Size
from gradtui.wording import THEORY, counted, decade, decade_cells, magnitude, plain

_BANDS = 3.0
"""The picture is so many times as high as the healthy band."""
_FEW_DECADES = 3.0
_LEAST_PLOT = 8
"""Rows of the plot that a table of recipes leaves to it; else there are only their names."""


def draw(result: Comparisons, setup: Setup, size: Size, marker: str) -> Picture:
    """What is left of the gradient by σw: curve, healthy band, advice, recipes, measurements."""
    heading = _heading(result, size.width)
    below = _recipes(result.focused, setup, Size(size.width, size.height - len(heading)))
    plot = Size(size.width, size.height - len(heading) - below.height)
    canvas = _canvas(result, setup, plot, marker)
    _draw_curves(canvas, result, setup)
    _draw_weights(canvas, result.focused, setup)
    return Picture.of(heading, size.width).above(canvas.build()).above(below)


def _heading(result: Comparisons, width: int) -> list[Row]:
    """The title and, as far as there is room, what is drawn; of several blocks their letters."""
    focused, each = result.focused, result.each
    several = len({one.block.spec for one in each}) > 1
    depth = counted(focused.subject.setup.depth, focused.subject.layer)
    title = f"       gradient left after {depth if several else _depth_of(focused)}, by σw"
    if len(title) > width:
        title = "       gradient left, by σw"
    first = row_within(
        width,
        Span(title, "title"),
        Span("  ◆ advised" if focused.advised else "", "good"),
        Span("  │ 5-95 %", "spread"),
        Span(" measured", "muted"),
        Span("  ━ ━ stream" if focused.block.skips and focused.ways else "", "muted"),
    )
    if not several:
        return [first]
    room, cells = width - 7 - 4 * len(each), {one.name: 0 for one in each}
    for left, name in enumerate(sorted(cells, key=len)):
        cells[name] = max(min(len(name), room // (len(cells) - left)), 1)
        room -= cells[name]
    names = [
        Span(f"{LETTERS[index]} {fit_text(one.name, cells[one.name])}  ", curve_role(index))
        for index, one in enumerate(each)
    ]
    return [first, row_within(width, Span("       "), *names)]


def _depth_of(comparison: Comparison) -> str:
    """64 layers, or 64 blocks of which kind."""
    depth = counted(comparison.subject.setup.depth, comparison.subject.layer)
    return depth if comparison.block.plain else f"{depth} of {comparison.block.spec}"


def _top(setup: Setup) -> float:
    """The upper edge of the plot, in log10; the lower one is as far down."""
    return -_BANDS * setup.log10_threshold


def _canvas(result: Comparisons, setup: Setup, size: Size, marker: str) -> Canvas:
    """The empty plot: the range of σw, so wide that the advice is on it unless it was given."""
    top = _top(setup)
    low, high = sigma_ranges(setup)[0]
    if setup.plane.sigma_w_range is None:
        high = max(high, 1.15 * result.focused.best.sigma_w)
    return Canvas(
        size.width,
        size.height,
        (low, high),
        (-top, top),
        x_label=plain,
        y_label=decade if top >= _FEW_DECADES else lambda at: magnitude(at, 2 if top > 0.1 else 6),
        marker=marker,
        label_width=decade_cells(-top, top),
        whole_y=top >= _FEW_DECADES,
        log_y=True,
        x_title="σw",
        y_title=f"gradient left after {_depth_of(result.focused)}",
    )


def _draw_curves(canvas: Canvas, result: Comparisons, setup: Setup) -> None:
    """The healthy band's edges, and every activation's curve with its letter."""
    limit = setup.log10_threshold
    for edge in (limit, -limit):
        canvas.level(edge, f" {magnitude(edge)} ", "good")
    chosen = result.each.index(result.focused)
    for index in drawing_order(len(result.each), chosen):
        comparison, dash = result.each[index], dash_of(index, index == chosen)
        letter = LETTERS[index] if len(result.each) > 1 else ""
        role = curve_role(index)
        if comparison.why_silent:
            continue
        sigma_w, left = comparison.advice.curve
        if (
            index == chosen
            and isinstance(comparison.advice, BlockAdvice)
            and comparison.block.skips
        ):
            stream = comparison.advice.stream
            canvas.line(sigma_w, stream, "muted", "long", f"stream of {comparison.name}{THEORY}")
        canvas.line(sigma_w, left, role, dash, f"{comparison.name}{THEORY}", letter)


def _draw_weights(canvas: Canvas, focused: Comparison, setup: Setup) -> None:
    """The cursor, and where weights of each kind stand, with what was measured of them."""
    top, limit = _top(setup), setup.log10_threshold
    role = "good" if focused.advised else "bad"
    best = focused.best
    canvas.upright(best.sigma_w, role, f"best {plain(best.sigma_w, 4)}")
    canvas.upright(setup.plane.sigma_w, "cursor")
    low, high = canvas.x_limits
    shown = [weights for weights in focused.weights if low <= weights.sigma_w <= high]
    hidden = focused.normal if best is focused.orthogonal else focused.orthogonal
    measured = [weights for weights in shown if weights.measured.size and weights is not hidden]
    spans = [weights.quantiles for weights in measured]
    low_ends, high_ends = ([span[end] for span in spans] for end in (0, 2))
    at = [weights.sigma_w for weights in measured]
    canvas.bars(at, low_ends, high_ends, "spread", name="5-95 % measured")
    near = (high - low) / canvas.columns, 2.0 * top / canvas.lines
    # The best first, and beside its letter those of what stands in the same place.
    left = sorted(shown, key=lambda one: one is not best)
    while left:
        first, height = left[0], _height(left[0], top)
        here = [
            one
            for one in left
            if one is first
            or (
                abs(one.sigma_w - first.sigma_w) < near[0]
                and abs(_height(one, top) - height) < near[1]
            )
        ]
        left = [one for one in left if one not in here]
        told = [
            (ADVISED, "advised") if one is focused.advised else (one.letter, _named(one, best))
            for one in here
        ]
        beyond = "↑" if first.known > top else "↓" if first.known < -top else ""
        letters = "".join(letter for letter, _ in told) + beyond
        name = ", ".join(name for _, name in told)
        canvas.text(first.sigma_w, height, letters, role_of(first.kind(limit)), name)


def _named(weights: CheckedWeights, best: CheckedWeights) -> str:
    """Their names, and the σb where it is not that of the curve."""
    if weights.sigma_b == best.sigma_b:
        return weights.label
    return f"{weights.label} (σb = {plain(weights.sigma_b, 2)})"


def _height(weights: CheckedWeights, top: float) -> float:
    """Where they stand in a plot from -top to top."""
    return min(max(weights.known, -top), top)


def _recipes(comparison: Comparison, setup: Setup, size: Size) -> Picture:
    """The recipes under the picture: a table of them, or where there is no room their names."""
    rows = _recipe_table(comparison, setup, size.width)
    if size.height - len(rows) < _LEAST_PLOT:
        rows = _recipe_names(comparison, size.width)[: max(size.height - MIN_HEIGHT, 0)]
    return Picture.of(rows, size.width)


def _recipe_table(comparison: Comparison, setup: Setup, width: int) -> list[Row]:
    longest = max(len(recipe.label) for recipe in comparison.others)
    sigmas = max(7, *(len(recipe.sigma_w_text(4)) + 1 for recipe in comparison.others))
    column = after_column(setup)
    wide = max(23, min(longest, width - 34 - column - sigmas))
    heads = (" " * 5, f"{'recipe':<{wide}}", f"{'σw':>{sigmas}}{f'after {setup.depth}':>{column}}")
    rows = [[Span(head, "muted") for head in (*heads, "  measured", "  5-95 %")]]
    for recipe in comparison.others:
        kind = recipe.kind(setup.log10_threshold)
        rows.append(
            [
                Span(f" {mark_of(kind)} {recipe.letter} ", role_of(kind)),
                Span(fit_text(recipe.label, wide)),
                Span(f"{recipe.sigma_w_text(4):>{sigmas}}{in_theory(recipe):>{column}}"),
                *measured_columns(recipe),
            ]
        )
    return list(whole_columns(rows, width))


def _recipe_names(comparison: Comparison, width: int) -> list[Row]:
    # A no-break space, so that a letter stays with its name.
    names = " ".join(f" {recipe.letter}\u00a0{recipe.label}" for recipe in comparison.others)
    lines = wrapped(names.replace(", ", ",\u00a0"), width, "muted", " ")
    return [row((row_text(line).replace("\u00a0", " "), "muted")) for line in lines]
