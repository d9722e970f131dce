"""The verdict on residual blocks at the cursor, their line of the readout and their rows."""

from __future__ import annotations

import math

from gradtui.models.decay import Value
from gradtui.models.finding import Finding, Kind
from gradtui.models.network.block_causes import COHERENT
from gradtui.plots.picture import Row, row_within
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views.columns import in_columns
from gradtui.views.phase.blocks import (
    BlockPoint,
    at_alpha,
    in_words,
    left_in_words,
    rooted,
    rounded_down,
    times_in_words,
)
from gradtui.views.phase.maps import BlockMap
from gradtui.wording import counted, magnitude, plain, rate

_DIVIDED = {"none": "", "layer": " / Var[h]", "rms": " / E[h²]"}
"""By what a norm divides the gradient too."""


def block_finding(point: BlockPoint) -> Finding:
    """What becomes of gradient and stream, up to which α that is healthy, and what 1/√L gives."""
    setup = point.subject.setup
    limit, plane = setup.log10_threshold, setup.plane
    kind = point.kind(limit)
    alone = kind is not Kind.of(point.log10_left, limit)
    side = ", by its stream alone," if alone else ""
    counting = point.log10_stream if alone else point.log10_left
    where = f"σw = {plain(plane.sigma_w, 4)}, α = {plain(plane.alpha, 4)}"
    sentence = (
        f"{point.name} {kind}{side} at {where}: {left_in_words(point)}; "
        f"healthy is {kind.healthy_is(counting, limit)}."
    )
    return Finding(
        subject=point.name,
        kind=kind,
        sentence=sentence,
        cause=_cause(point, kind),
        evidence=f"In theory, for infinite width, block by block from inputs of σ = "
        f"{plain(abs(setup.x))} on.",
        remedy=point.remedy,
    )


def _cause(point: BlockPoint, kind: Kind) -> str:
    """What a block does, and between which α it does well."""
    setup = point.subject.setup
    norm = setup.plane.branch_norm
    block = f"a block makes the squared gradient 1 + α² σw² E[f′²]{_DIVIDED[norm]} times as large"
    block += f", its norm {rate(point.log10_rate)} in the mean"
    parts = [f"{'Without a norm' if norm == 'none' else f'Under norm={norm}'} {block}"]
    if point.most_alpha is not None:
        parts.append(_healthy_to(point, setup))
    root = rooted(setup)
    given = in_words(setup, *at_alpha(point.subject, root, unwatched))
    if root != setup.plane.alpha:
        parts.append(f"at α = 1/√L = {plain(root)}, {given}")
    text = "; ".join(parts) + "."
    if point.coherent > COHERENT:
        units = counted(setup.network.width, "unit")
        text += f" Networks of {units} make more of the gradient: f's mean adds up along the stream"
        text += "; decay draws them."
    if kind is not Kind.HEALTHY and point.remedy is None and point.most_alpha is not None:
        text += " No α and no norm was found that leaves it healthy."
    return text


def _healthy_to(point: BlockPoint, setup: Setup) -> str:
    """Up to which α, at this σw and depth."""
    at = f"at σw {plain(setup.plane.sigma_w, 4)} and depth {setup.depth:,}"
    if point.most_alpha == math.inf:
        return f"healthy for any α {at}"
    if not point.most_alpha:
        return f"healthy for no α {at}"
    return f"healthy for α up to {plain(rounded_down(point.most_alpha))} {at}"


# ----------------------------------------------------------------- the readout


def block_readout(points: tuple[BlockPoint, ...], setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each activation: what becomes of its gradient and of its stream."""
    limit, plane = setup.log10_threshold, setup.plane
    where = f" at ({plain(plane.sigma_w, 4)}, {plain(plane.alpha)}) "
    columns = {
        "rate": [rate(point.log10_rate) for point in points],
        "left": [times_in_words(point.log10_left, setup).removeprefix("×") for point in points],
        "stream": [_stream(point) for point in points],
        "most α": [_most(point) for point in points],
    }
    lines = in_columns(
        where,
        columns,
        [(point.name, point.kind(limit)) for point in points],
        width,
        usual=(10, 10, 10, 8),
        without=("rate", "most α"),
        shortest=max(len(where) - 5, 7),
    )
    if len(points) > 1:
        return lines
    branch = "W h + b" if plane.branch_norm == "none" else f"W {plane.branch_norm}(h) + b"
    blocks = counted(setup.depth, "block")
    words = f" h + α f({branch}), {blocks}: healthy is below {magnitude(-limit)}, the stream too"
    return (*lines, row_within(width, (words, "muted")))


def _stream(point: BlockPoint) -> str:
    if math.isnan(point.log10_stream):
        return "-"
    return times_in_words(point.log10_stream, point.subject.setup)


def _most(point: BlockPoint) -> str:
    if point.most_alpha is None:
        return "…"
    return "∞" if point.most_alpha == math.inf else plain(rounded_down(point.most_alpha))


# ------------------------------------------------------------------- the table


def block_rows(
    points: tuple[BlockPoint, ...], mapped: BlockMap, setup: Setup
) -> list[dict[str, Value]]:
    """Every activation at the cursor, then the map of the focused one, row by row."""
    plane = setup.plane

    def row(
        place: str, name: str, sigma_w: float, alpha: float, left: float, stream: float
    ) -> dict[str, Value]:
        return {
            "place": place,
            "activation": name,
            "norm": plane.branch_norm,
            "sigma_w": sigma_w,
            "sigma_b": plane.sigma_b,
            "alpha": alpha,
            "blocks": setup.depth,
            "log10_rate": left / setup.depth,
            "log10_left": left,
            "log10_stream": stream,
            "most_alpha": None,
        }

    at_cursor = [
        row("cursor", point.name, plane.sigma_w, plane.alpha, point.log10_left, point.log10_stream)
        | {"most_alpha": point.most_alpha}
        for point in points
    ]
    return at_cursor + [
        row("map", setup.focused, sigma_w, alpha, *both)
        for alpha, lefts, streams in zip(
            mapped.heights.tolist(),
            mapped.log10_left.tolist(),
            mapped.log10_stream.tolist(),
            strict=True,
        )
        for sigma_w, *both in zip(mapped.sigma_w.tolist(), lefts, streams, strict=True)
    ]
