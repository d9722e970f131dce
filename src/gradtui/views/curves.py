"""What every plot of several curves has in common: their order, and the cursor over layers."""

from __future__ import annotations

from gradtui.setup import Setup


def drawing_order(count: int, focused: int) -> list[int]:
    """The indices of so many curves, the focused one last: where two cross, the last is seen."""
    return [*(at for at in reversed(range(count)) if at != focused), focused]


def walk_layers(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is towards the loss, as the picture runs."""
    return setup.with_(layer=setup.layer + steps * (10 if tens else 1)).clamped()
