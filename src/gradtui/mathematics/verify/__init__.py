"""A check of this installation against numbers that others found.

Activations, chains, networks, theory, cells and blocks, each against what knows nothing of the
engine: 50-digit arithmetic, differences at 800 digits, quadrature, published numbers. What is
shipped for that, tests/references/verify.py makes; `against_torch` asks PyTorch instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from gradtui.progress import Tick, part, unwatched
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.mathematics.verify.check import Check

Checks: TypeAlias = Callable[[Tick], "Iterator[Check]"]


def _of(module: str) -> Checks:
    (found,) = when_called(f"{__name__}.{module}", "checks")
    return found  # type: ignore[no-any-return]


GROUPS: Mapping[str, Checks] = {
    "activations": _of("activations"),
    "chains": _of("chains"),
    "networks": _of("networks"),
    "mean field": _of("mean_field"),
    "time": _of("time"),
    "blocks": _of("blocks"),
}
"""What there is to be checked, in the order in which it is told."""

AGAINST_TORCH = ("activations", "networks", "time", "blocks")
"""Of which PyTorch is asked."""


def checks(groups: Sequence[str] = tuple(GROUPS), tick: Tick = unwatched) -> Iterator[Check]:
    """Every check of these groups."""
    for at, group in enumerate(groups):
        yield from GROUPS[group](part(tick, at / len(groups), 1.0 / len(groups)))
    tick(1.0)
