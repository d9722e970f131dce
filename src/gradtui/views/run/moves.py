"""Where the keys lead: along the steps, up and down the layers, nearer, into a module."""

from __future__ import annotations

import numpy as np

from gradtui.errors import InputError
from gradtui.models.recorded.symptoms import symptoms_of
from gradtui.runs.run import Run
from gradtui.runs.shelf import EXAMPLE, SHELF
from gradtui.setup import Setup
from gradtui.views.run.study import in_sight, place_of
from gradtui.views.run.tree import branch_of, branches, module_around
from gradtui.views.view import Moved

_NOT_READ = "The run is not read yet."


def _run(setup: Setup) -> Run | None:
    """The focused run, if it was read; the example is, wherever one is."""
    name = setup.focus_of(setup.recorded.runs)
    return SHELF.run(name) if name == EXAMPLE else SHELF.known(name)


def tensor_at(setup: Setup, run: Run) -> str:
    """The tensor or module at the cursor: the one that the verdict speaks of until it is moved."""
    if setup.recorded.tensor:
        return setup.recorded.tensor
    found = symptoms_of(run)
    layer = found[0].layer if found else ""
    return layer or (run.names[0] if run.names else "")


def shown_tensor(setup: Setup, run: Run) -> str:
    """The tensor or module that the map's cursor is on."""
    name = tensor_at(setup, run)
    rows = branches(run, setup.recorded.opened)
    return name if name in run.names or not rows else rows[branch_of(rows, run, name)].name


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is later; the newest step is followed as long as the cursor is on it."""
    run = _run(setup)
    if run is None:
        return setup
    places = in_sight(run, setup)
    here = int(np.searchsorted(places, place_of(run, setup)))
    there = min(max(here + steps * (10 if tens else 1), 0), len(places) - 1)
    newest = there == len(places) - 1 and setup.recorded.step_range is None
    return setup.with_(step=None if newest else int(run.steps[places[there]]))


def climb(setup: Setup, steps: int, tens: bool) -> Setup:
    """Up is to the input, as the map has it."""
    run = _run(setup)
    if run is None or not run.names:
        return setup
    rows = branches(run, setup.recorded.opened)
    here = branch_of(rows, run, tensor_at(setup, run))
    there = min(max(here - steps * (10 if tens else 1), 0), len(rows) - 1)
    if there == here:
        return setup
    return setup.with_(tensor=rows[there].name)


def enlarge(setup: Setup, times: int) -> Setup:
    """So many times half of the steps, around the cursor; below 0 twice as many, up to all."""
    run = _run(setup)
    if run is None:
        return setup
    whole = np.arange(len(run.steps))
    places = in_sight(run, setup)
    wanted = int(len(places) * 2.0**-times) if times > -30 else len(whole)
    if wanted >= len(whole):
        return setup.with_(step_range=None)
    wanted = max(wanted, 2)
    here = int(np.searchsorted(whole, place_of(run, setup)))
    first = min(max(here - wanted // 2, 0), len(whole) - wanted)
    low, high = (float(run.steps[whole[at]]) for at in (first, first + wanted - 1))
    return setup if high <= low else setup.with_(step_range=(low, high))


def to_verdict(setup: Setup) -> Moved:
    """The step and the tensor that the verdict speaks of."""
    run = _run(setup)
    if run is None:
        return Moved(setup, message=_NOT_READ)
    found = symptoms_of(run)
    if not found:
        return Moved(setup, message="There is nothing to go to: no symptom was found.")
    limits = setup.recorded.step_range
    seen = limits is None or limits[0] <= found[0].step <= limits[1]
    there = setup.with_(step=found[0].step, step_range=limits if seen else None)
    return Moved(there.with_(tensor=found[0].layer) if found[0].layer else there)


def toggle(setup: Setup) -> Moved:
    """Open the module at the cursor, or close the one that it is in."""
    run = _run(setup)
    if run is None:
        return Moved(setup, message=_NOT_READ)
    rows = branches(run, setup.recorded.opened)
    if not run.names or (len(rows) == len(run.names) and not setup.recorded.opened):
        raise InputError(
            "module", "", "there: every tensor has a row of its own", "there is nothing to open"
        )
    at = tensor_at(setup, run)
    here = rows[branch_of(rows, run, at)]
    opened = setup.recorded.opened
    if here.opens:
        name = here.name
        opened = (*opened, name)
        inside = branches(run, opened)
        # Down to the tensor that the cursor is on.
        while at in run.names and (here := inside[branch_of(inside, run, at)]).opens:
            opened = (*opened, here.name)
            inside = branches(run, opened)
        first = next(one.name for one in inside if one.columns[0] == here.columns[0])
        there = at if at in run.names else first
        return Moved(
            setup.with_(opened=opened, tensor=there), message=f"{name} is open; O closes it."
        )
    around = module_around(here.name, opened)
    if not around:
        raise InputError("module", here.name, "one that opens: it is a tensor", "go to another row")
    closed = tuple(one for one in opened if one != around and not one.startswith(f"{around}."))
    return Moved(setup.with_(opened=closed, tensor=around), message=f"{around} is closed.")
