"""The layers view: what happens inside a random network, layer by layer."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradtui.plots.picture import Picture, Row, curve_role, row
from gradtui.views.columns import in_columns
from gradtui.views.curves import walk_layers
from gradtui.views.inside import Inside, diagnose, heal, look_inside
from gradtui.views.layers_picture import picture, share_text
from gradtui.views.networks import compared, told
from gradtui.views.setup import NETWORK, Setup
from gradtui.views.view import Finding, Kind, Size, Table, Value, View
from gradtui.views.wording import magnitude, plain, rate

_PATIENCE = 0.3
"""Seconds without a picture, after which there is one that says what is being waited for."""
_COLUMNS = 20
"""The bins of each histogram in the table."""


@dataclass(frozen=True, eq=False)
class Layers:
    """The networks that are done, the focused one first; `progress` goes to 1."""

    setup: Setup
    networks: tuple[Inside, ...]
    progress: float = 1.0


def run(setup: Setup) -> Iterator[Layers | None]:
    """The focused network as soon as it is run, the others, then what was found to help each.

    Between two pictures the same result comes again, so that who does not want it can stop.
    """
    result = Layers(setup, (), 0.0)
    first = VIEW.focused(setup)
    quiet_until = time.monotonic() + _PATIENCE
    pairs = sorted(compared(setup), key=lambda pair: pair[0] != first)
    share = 0.5 / len(pairs)
    for index, pair in enumerate(pairs):
        steps = look_inside(setup, *pair)
        one = yield from told(steps, result, index * share, share, quiet_until)
        result = replace(result, networks=(*result.networks, one))
    for index, one in enumerate(result.networks):
        if one.kind is not Kind.HEALTHY:
            result = replace(result, progress=0.5 + index * share)
            yield result
            healed = yield from told(heal(setup, one), result, result.progress, share)
            networks = tuple(healed if old is one else old for old in result.networks)
            result = replace(result, networks=networks)
    yield replace(result, progress=1.0)


# --------------------------------------------------------------------- draw


def draw(result: Layers, setup: Setup, size: Size, marker: str) -> Picture:
    """The layers of the focused network."""
    one = _of(result, VIEW.focused(setup))
    if one is None:
        waiting = f" Drawing and running {setup.depth:,} layers of {setup.units:,} units …"
        return Picture.of([row((waiting, "muted"))], size.width, size.height)
    role = curve_role(VIEW.subjects(setup).index(one.subject))
    return picture(one, setup.layer, size, role, marker)


def _of(result: Layers, subject: str) -> Inside | None:
    return next((one for one in result.networks if one.subject == subject), None)


# ------------------------------------------------------------------ readout


def readout(result: Layers, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each network: what is inside the cursor's layer, and the rate of all."""
    at = setup.layer
    found = {name: _of(result, name) for name in VIEW.subjects(setup)}
    flat = {one.flat for one in result.networks}
    heads = ("z", flat.pop() if len(flat) == 1 else "flat", "dead", "|a|", "|∂L/∂a|", "per layer")
    cells = [("",) * len(heads) if one is None else _inside(one, at) for one in found.values()]
    return in_columns(
        f" layer {at}",
        dict(zip(heads, zip(*cells, strict=True), strict=True)),
        [(name, None if one is None else one.kind) for name, one in found.items()],
        width,
        usual=(16, 7, 6, 9, 9, 10),
        without=("per layer", "z"),
        longest=len(f" layer {setup.depth}"),
        gap=2,
    )


def _inside(one: Inside, layer: int) -> tuple[str, ...]:
    """What is inside one layer of a network, and the rate of all."""
    return (
        _mean_and_spread(one, layer),
        share_text(float(one.layers.saturated[layer - 1])),
        share_text(float(one.layers.dead[layer - 1])),
        magnitude(float(one.log10_signal[layer])),
        magnitude(float(one.flow.log10_grad_hidden[layer])),
        rate(one.log10_rate),
    )


def _mean_and_spread(one: Inside, layer: int) -> str:
    """z as mean ± standard deviation; a mean that is next to nothing beside it is shown as 0."""
    mean, spread = (float(z[layer - 1]) for z in (one.layers.z_mean, one.layers.z_spread))
    if not math.isfinite(spread):
        return "over 1e288"
    return f"{plain(0.0 if abs(mean) < 0.005 * spread else mean, 2)} ± {plain(spread, 2)}"


def finding(result: Layers, name: str) -> Finding | None:
    """The verdict on one network, once it was run."""
    one = _of(result, name)
    return None if one is None else diagnose(one)


# -------------------------------------------------------------------- table


def table(result: Layers) -> Table:
    """A row for each network and layer.

    Values are counted in `_COLUMNS` bins of equal width from z_min to z_max: z_bin_1 has the least.
    """
    rows: Table = []
    for one in filter(None, (_of(result, name) for name in VIEW.subjects(result.setup))):
        flow, layers, z = one.flow, one.layers, one.histograms
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
    knobs=("activations", "focus", "depth", "init", "units", "batch", "x", "seed", "threshold"),
    cursor="layer",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk_layers,
    has_all_subjects=True,
    defaults={"activations": ("tanh",), "depth": 30, "model": NETWORK},
)
