"""How many layers can be stacked: networks of the first layers alone, drawn to see it.

What a deep network says of its first layers is not enough: where nothing comes back to them it
says nothing, and elsewhere the gradient that comes to them is not one that a loss would send.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from gradtui.models.finding import Kind
from gradtui.models.judging import are_most, judge
from gradtui.models.network.blocks import inputs_of
from gradtui.models.network.cost import affordable
from gradtui.models.network.networks import flow_of, quantities_of
from gradtui.models.subject import Subject
from gradtui.progress import Tick, halves, part

_SHARE = 0.02
"""The share of the time that trying one depth may take."""

_DOUBT = 1.5
"""√count times this off the half, it is no longer in doubt what most networks do."""


class Stacked(NamedTuple):
    """So many of the first layers are healthy alone; more may be where no more could be tried."""

    layers: int
    seen: bool = True

    @property
    def text(self) -> str:
        """As it stands in a readout."""
        return f"{'' if self.seen else '>'}{self.layers:,}"


def layers_that_stack(subject: Subject, tick: Tick) -> Stacked:
    """How many of the first layers, fewer than there are, are healthy alone in most networks.

    The depths that are tried double and are then halved in between, the same ones however deep the
    subject is: so it is one number, whatever depth was asked for.
    """
    depth, attempts = subject.setup.depth, halves(tick)

    def healthy(layers: int) -> bool | None:
        return layers < depth and _healthy(_first(subject, layers), next(attempts))

    beyond = 1
    while found := healthy(beyond):
        beyond *= 2
    stacked = beyond // 2
    while found is not None and beyond - stacked > 1:
        middle = (stacked + beyond) // 2
        found = healthy(middle)
        if found:
            stacked = middle
        else:
            beyond = middle
    return Stacked(stacked, found is not None)


def _first(subject: Subject, layers: int) -> Subject:
    """The first layers alone."""
    units = subject.setup.network.units
    listed = {} if isinstance(units, int) else {"units": units[: layers + 1]}
    return subject.changed({**listed, "depth": layers})


def _healthy(subject: Subject, tick: Tick) -> bool | None:
    """Whether most networks are, as far as it takes to see it; None if that takes too long."""
    setup, healthy, drawn = subject.setup, 0, 0
    count = affordable(subject, _SHARE, setup.network.networks)
    if not count:
        return None
    while drawn < count and abs(2 * healthy - drawn) <= 2.0 * _DOUBT * math.sqrt(drawn):
        flow = flow_of(
            subject, drawn + 1, inputs_of(subject), tick=part(tick, drawn / count, 1.0 / count)
        )
        found = judge(quantities_of(flow)[setup.quantity], setup.log10_threshold)
        healthy += found.kind is Kind.HEALTHY
        drawn += 1
    return are_most(healthy, drawn)
