"""A tick that writes down what it is told, and results of views for whom nobody watches."""

from __future__ import annotations

from typing import Any

from gradtui.progress import Stopped, unwatched
from gradtui.setup import Setup
from gradtui.views import export
from gradtui.views.view import View


class Watch:
    """Keeps the shares that it is told; told so many, it stops the computation."""

    def __init__(self, most: float = float("inf")) -> None:
        self.shares: list[float] = []
        self._most = most

    def __call__(self, share: float) -> None:
        self.shares.append(share)
        if len(self.shares) >= self._most:
            raise Stopped

    def stop_after(self, more: int) -> None:
        """Stop the computation when it has been told so many more."""
        self._most = len(self.shares) + more

    @property
    def rises(self) -> bool:
        """Whether the shares went up, from 0 at the least to 1 at the most."""
        slack = 1e-12
        return all(-slack <= share <= 1.0 + slack for share in self.shares) and all(
            later >= earlier - slack
            for earlier, later in zip(self.shares, self.shares[1:], strict=False)
        )


def exported(*arguments: Any, **named: Any) -> Any:
    """What a view writes to a file, in one piece."""
    first, *rest = export.exported(*arguments, **named)
    return type(first)().join([first, *rest])


def last(view: View[Any], setup: Setup) -> Any:
    """The best result of a view."""
    *_, result = view.results(setup, unwatched)
    return result
