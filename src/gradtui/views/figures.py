"""A view's result as a figure: its plots as vectors, in SVG, PDF or PNG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradtui.plots.palette import FIGURE_THEMES
from gradtui.plots.png import check_png, png
from gradtui.plots.shapes import Drawing
from gradtui.plots.svg import svg
from gradtui.setup import KNOBS, Setup
from gradtui.views.view import Size, View
from gradtui.wording import THEORY

FIGURES = ("svg", "pdf", "png")
"""The formats of a figure."""


@dataclass(frozen=True)
class Look:
    """What a figure looks like, and what it says beside its title and its legend.

    Attributes:
        theme: one of `FIGURE_THEMES`.
        caption: whether what was asked stands below it.
        verdict: whether what the view says of it does.
    """

    theme: str = next(iter(FIGURE_THEMES))
    caption: bool = True
    verdict: bool = False


def check_figure(format: str, file: str) -> None:
    """Complain, before anything is computed, where a figure of this format cannot be written.

    Raises:
        InputError: what draws it is not installed.
    """
    if format == "png":
        check_png(file)


def drawing_of(view: View[Any], result: Any, setup: Setup, size: Size, look: Look) -> Drawing:
    """The plots of a result as a figure of about this size in cells."""
    from gradtui.plots.figure import Caption, figure

    picture = view.draw(result, setup, size, "braille")
    if picture.plots:
        # What stands in the text beside the plots is none of a figure's: they get its room.
        top = min(plot.line for plot in picture.plots)
        room = size.height - max(plot.line + plot.height - top for plot in picture.plots) - 1
        if room > 0:
            picture = view.draw(result, setup, Size(size.width, size.height + room), "braille")
    drawn = {getattr(mark, "name", "") for plot in picture.plots for mark in plot.marks}
    subjects = view.subjects(setup)
    # Some views draw only the focused one.
    every = all(one in drawn or f"{one}{THEORY}" in drawn for one in subjects)
    shown = subjects if every else (view.focused(setup),)
    caption = _asked(view, setup) if look.caption else ""
    verdicts = tuple(_verdicts(view, result, setup)) if look.verdict else ()
    return figure(
        picture, Caption(f"{view.title}: {', '.join(shown)}", caption, verdicts), look.theme
    )


def written(format: str, drawing: Drawing) -> str | bytes:
    """A figure in one of `FIGURES`, as a file holds it.

    Raises:
        InputError: a PNG where there are no fonts.
    """
    if format == "pdf":
        from gradtui.plots.pdf import pdf

        return pdf(drawing)
    text = svg(drawing)
    return png(text) if format == "png" else text


def _asked(view: View[Any], setup: Setup) -> str:
    """The knobs that count, as they are set."""
    shown = [name for name in view.used(setup) if name not in ("activations", "focus")]
    texts = ((KNOBS[name].label, KNOBS[name].text(setup)) for name in shown)
    # What is chosen may be a knob itself, as what σw is mapped against.
    return ", ".join(
        f"{label} {KNOBS[text].label if text in KNOBS else text}" for label, text in texts if text
    )


def _verdicts(view: View[Any], result: Any, setup: Setup) -> list[tuple[str, str]]:
    """What each subject's finding says, but for its remedy, which is a command."""
    found = [view.finding(result, name) for name in view.subjects(setup)]
    return [(f"{one.kind.mark} {one.text}", one.kind.role) for one in found if one is not None]
