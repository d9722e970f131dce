"""The spectrum view: singular values of the end-to-end Jacobian, of two kinds of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.models import LAYERED, layered_knobs
from gradtui.models.network.cost import spectra_seconds_of, unhurried
from gradtui.setup import Setup
from gradtui.views.view import View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.spectrum.ensembles import Spectra, depths_of, shown_depth
    from gradtui.views.spectrum.picture import draw
    from gradtui.views.spectrum.readout import readout, table
    from gradtui.views.spectrum.study import foretold, run
    from gradtui.views.spectrum.verdict import finding, measures
else:
    depths_of, shown_depth = when_called(
        "gradtui.views.spectrum.ensembles", "depths_of", "shown_depth"
    )
    (draw,) = when_called("gradtui.views.spectrum.picture", "draw")
    readout, table = when_called("gradtui.views.spectrum.readout", "readout", "table")
    foretold, run = when_called("gradtui.views.spectrum.study", "foretold", "run")
    finding, measures = when_called("gradtui.views.spectrum.verdict", "finding", "measures")


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is deeper, from one spectrum to the next; in tens, to the end."""
    depths = depths_of(setup.depth)
    at = depths.index(shown_depth(setup)) + steps * (len(depths) if tens else 1)
    return setup.with_(layer=depths[min(max(at, 0), len(depths) - 1)])


VIEW: View[Spectra] = View(
    name="spectrum",
    title="spectrum by depth",
    question="How many directions get through?",
    knobs=(
        "activations",
        "focus",
        "depth",
        *layered_knobs(without=("batch",)),
        "x",
        "seed",
        "patience",
        "threshold",
    ),
    cursor="layer",
    run=run,
    idle=lambda setup: unhurried(setup, spectra_seconds_of(setup)),
    foretold=foretold,
    draw=draw,
    readout=readout,
    finding=finding,
    measures=measures,
    table=table,
    zooms=False,
    walk=walk,
    families=tuple(LAYERED),
    defaults={
        "activations": ("tanh",),
        "depth": 100,
        "model": "network",
        "init": ("normal",),
        "networks": 5,
        "layer": 100,
    },
    hints=("left", "deeper", "toggle", "skip", "fix", "undo", "scenarios", "command", "export"),
    has_all_subjects=True,
)
