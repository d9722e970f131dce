"""What helps residual blocks: a smaller α, or a norm before the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import usual_inputs
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick
from gradtui.setup import Setup, implied
from gradtui.views.phase.blocks import (
    BlockPoint,
    block_point,
    left_in_words,
    rooted,
    rounded_down,
)
from gradtui.wording import plain


def block_remedy_of(point: BlockPoint, tick: Tick) -> Remedy | None:
    """The first change after which gradient and stream are healthy, where they are not here."""
    limit = point.subject.setup.log10_threshold
    if point.kind(limit) is Kind.HEALTHY:
        return None

    def heals(changed: Subject) -> str | None:
        here = block_point(changed, tick)
        return left_in_words(here) if here.kind(limit) is Kind.HEALTHY else None

    return first_that_helps(point.subject, _candidates(point), heals, left_in_words(point))


def _candidates(point: BlockPoint) -> Iterator[tuple[str, Changes]]:
    """Other inputs; α = 1/√L, a norm, both; then the most α that is healthy."""
    setup = point.subject.setup
    yield from usual_inputs(setup)
    root = rooted(setup)
    normed: dict[str, Any] = {"branch_norm": "layer"}
    small = root < setup.plane.alpha
    if small:
        yield f"α = 1/√L = {plain(root)}", _at(setup, root)
    if setup.plane.branch_norm == "none":
        yield "norm = layer", normed
        if small:
            yield f"norm = layer, α = 1/√L = {plain(root)}", {**normed, **_at(setup, root)}
    if point.most_alpha and point.most_alpha < setup.plane.alpha:
        most = rounded_down(point.most_alpha)
        yield f"α = {plain(most)}", _at(setup, most)


def _at(setup: Setup, alpha: float) -> Changes:
    """The cursor there; a range that was given is widened if it does not hold it."""
    return {"alpha": alpha, **implied(setup, "alpha", alpha)}
