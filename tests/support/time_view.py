"""What the time view finds and draws of a setup."""

from __future__ import annotations

from gradtui.plots.picture import Picture
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.time.study import Memories
from gradtui.views.view import Size
from support.watch import last

VIEW = VIEWS["time"]
SIZE = Size(80, 20)


def result_of(setup: Setup) -> Memories:
    result = last(VIEW, setup)
    assert isinstance(result, Memories)
    return result


def drawn(setup: Setup, size: Size = SIZE) -> Picture:
    return VIEW.draw(result_of(setup), setup, size, "ascii")
