"""The marks and words that mean the same in every view."""

from __future__ import annotations

from gradtui.lessons.glossary import meaning
from gradtui.models.finding import Kind
from gradtui.setup import Setup
from gradtui.views.page import Entry
from gradtui.wording import magnitude


def common(setup: Setup) -> list[Entry]:
    """What means the same in every view."""
    limit = setup.log10_threshold
    band = f"{magnitude(limit)} to {magnitude(-limit)}"
    here = f" Here that is {band}, by the threshold (`h`)."
    return [
        *(
            Entry((kind.mark,), f"{kind}. {_said(kind)}{here * (kind is Kind.HEALTHY)}")
            for kind in Kind
        ),
        Entry(("…",), "not known yet, or cut: `v` shows every verdict in full."),
        Entry(("a", "b", "c"), "in the list and in the picture: the curve of that activation, "
              "which also has dashes of its own."),
        Entry(("●", "◉"), "in the list: chosen; the one that the verdict speaks of."),
        Entry(("┆", "▸"), "the cursor."),
        *(Entry((name,), _said(name)) for name in _EVERYWHERE),
    ]  # fmt: skip


_EVERYWHERE = ("z", "a", "x", "∂L/∂a", "‖∂L/∂a‖", "f′", "σw", "σb", "layer", "depth", "×")
"""The symbols of every view."""


def _said(name: str) -> str:
    """What the glossary says of it."""
    found = meaning(name)
    assert found is not None
    return found.said.en
