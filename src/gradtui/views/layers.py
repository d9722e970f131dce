"""The layers view: what happens inside a random network, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from gradtui.plots.picture import LETTERS, Picture, Row, curve_role, fit_text, row
from gradtui.views import inside
from gradtui.views.decay import walk_layers
from gradtui.views.inside import Inside
from gradtui.views.layers_picture import picture, share_text
from gradtui.views.setup import NETWORK, Setup
from gradtui.views.view import Finding, Kind, Size, Table, Value, View
from gradtui.views.wording import magnitude, plain, rate

_AT_ONCE = 1_000_000
"""A network with fewer products than these a row and column is there in the blink of an eye."""
_COLUMNS = 20
"""The bins of each histogram in the table."""


@dataclass(frozen=True, eq=False)
class Layers:
    """The networks that are done, in the order of the subjects; `progress` goes to 1."""

    setup: Setup
    networks: tuple[Inside, ...]
    progress: float = 1.0


def run(setup: Setup) -> Iterator[Layers]:
    """The networks as soon as they are run, then each again with what was found to help it."""
    result = Layers(setup, (), 0.0)
    subjects = VIEW.subjects(setup)
    slow = len(subjects) * setup.depth * setup.width * (setup.width + setup.batch) > _AT_ONCE
    share = 0.5 / len(subjects)
    for index, subject in enumerate(subjects):
        name, init = (setup.focused, subject) if subject in setup.init else (subject, setup.init[0])
        steps = inside.look_inside(setup, subject, name, init)
        one = yield from _telling(result, inside.part(steps, index * share, share), slow)
        result = replace(result, networks=(*result.networks, one))
    for index, one in enumerate(result.networks):
        if one.kind is Kind.HEALTHY:
            continue
        result = replace(result, progress=0.5 + index * share)
        yield result
        steps = inside.heal(setup, one)
        healed = yield from _telling(result, inside.part(steps, result.progress, share), True)
        networks = tuple(healed if old is one else old for old in result.networks)
        result = replace(result, networks=networks)
    yield replace(result, progress=1.0)


def _telling(
    result: Layers, steps: Generator[float, None, Inside], aloud: bool
) -> Generator[Layers, None, Inside]:
    """The last result again with each step's progress, if that takes long enough to be told."""
    if aloud:
        yield result
    while True:
        try:
            progress = next(steps)
        except StopIteration as done:
            one: Inside = done.value
            return one
        if aloud:
            yield replace(result, progress=progress)


# --------------------------------------------------------------------- draw


def draw(result: Layers, setup: Setup, size: Size, marker: str) -> Picture:
    """The layers of the focused network."""
    one = _of(result, VIEW.focused(setup))
    if one is None:
        waiting = f" Drawing and running {setup.depth:,} layers of {setup.width:,} units …"
        return Picture.of([row((waiting, "muted"))], size.width, size.height)
    role = curve_role(VIEW.subjects(setup).index(one.subject))
    return picture(one, setup.layer, size, role, marker)


def _of(result: Layers, subject: str) -> Inside | None:
    return next((one for one in result.networks if one.subject == subject), None)


# ------------------------------------------------------------------ readout


def readout(result: Layers, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each network: what is inside the cursor's layer, and the rate of all."""
    at = setup.layer
    columns: dict[str, list[str]] = {
        "z": [], "flat": [], "dead": [], "|a|": [], "|∂L/∂a|": [], "per layer": []
    }  # fmt: skip
    for one in result.networks:
        layers = one.flow.layers
        assert layers is not None
        mean, spread = float(layers.z_mean[at - 1]), float(layers.z_spread[at - 1])
        for head, cell in zip(
            columns,
            (
                f"{plain(_beside(mean, spread), 2)} ± {plain(spread, 2)}",
                share_text(float(layers.saturated[at - 1])),
                share_text(float(layers.dead[at - 1])),
                magnitude(float(one.log10_signal[at])),
                magnitude(float(one.flow.log10_grad_hidden[at])),
                "-" if one.log10_rate == -math.inf else rate(one.log10_rate),
            ),
            strict=True,
        ):
            columns[head].append(cell)
    names = VIEW.subjects(setup)
    names_width = max(map(len, names))
    usual = dict(zip(columns, (16, 6, 6, 9, 9, 10), strict=True))
    widths = {
        head: max(usual[head], 1 + len(head), *(2 + len(cell) for cell in (*cells, "")))
        for head, cells in columns.items()
    }
    for head in ("per layer", "z"):  # what a narrow terminal can do without
        if 5 + names_width + sum(widths.values()) > width:
            del columns[head], widths[head]
    names_width = max(min(names_width, width - 5 - sum(widths.values())), 4)
    heads = "".join(f"{head:>{widths[head]}}" for head in columns)
    lines = [row((fit_text(f" layer {at}", names_width + 5), "title"), (heads, "muted"))]
    for index, name in enumerate(names):
        if index >= len(result.networks):
            lines.append(row((f" {LETTERS[index]}   {fit_text(name, names_width)}", "muted")))
            continue
        kind = result.networks[index].kind
        cells = "".join(f"{columns[head][index]:>{widths[head]}}" for head in columns)
        lines.append(
            row(
                (f" {LETTERS[index]} ", curve_role(index)),
                (f"{kind.mark} ", kind.role),
                (fit_text(name, names_width), curve_role(index)),
                cells,
            )
        )
    return tuple(lines)


def _beside(mean: float, spread: float) -> float:
    """A mean that is next to nothing beside the spread is shown as 0."""
    return 0.0 if abs(mean) < 0.005 * spread else mean


def finding(result: Layers, name: str) -> Finding | None:
    """The verdict on one network, once it was run."""
    one = _of(result, name)
    return None if one is None else inside.finding(one)


# -------------------------------------------------------------------- table


def table(result: Layers) -> Table:
    """A row for each network and layer.

    Values are counted in `_COLUMNS` bins of equal width from z_min to z_max: z_bin_1 has the least.
    """
    rows: Table = []
    for one in result.networks:
        flow, layers, z = one.flow, one.flow.layers, one.histograms
        assert layers is not None
        counts = z.counts.reshape(flow.depth, _COLUMNS, -1).sum(axis=2).tolist()
        for at in range(flow.depth):
            values: dict[str, Value] = {
                "activation": one.activation,
                "init": one.init,
                "layer": at + 1,
                "z_mean": float(layers.z_mean[at]),
                "z_spread": float(layers.z_spread[at]),
                "a_mean": float(layers.a_mean[at]),
                "a_spread": float(layers.a_spread[at]),
                "saturated": float(layers.saturated[at]),
                "dead": float(layers.dead[at]),
                "log10_rms_derivative": float(one.log10_slopes[at]),
                "log10_hidden": float(flow.log10_hidden[at + 1]),
                "log10_grad_hidden": float(flow.log10_grad_hidden[at + 1]),
                "log10_grad_weights": float(flow.log10_grad_weights[at]),
                "log10_grad_biases": float(flow.log10_grad_biases[at]),
                "z_min": float(z.edges[at, 0]),
                "z_max": float(z.edges[at, -1]),
            }
            bins = {f"z_bin_{number}": count for number, count in enumerate(counts[at], 1)}
            rows.append({**values, **bins})
    return rows


VIEW = View(
    name="layers",
    title="inside the layers",
    question="Where do the units of a network sit on f′, layer by layer?",
    knobs=("activations", "focus", "depth", "init", "width", "batch", "x", "seed", "threshold"),
    cursor="layer",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk_layers,
    defaults={"activations": ("tanh",), "depth": 30, "model": NETWORK},
)
