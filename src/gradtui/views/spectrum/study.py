"""What the spectrum view computes: one network after the other, then what would help."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradtui.errors import InputError
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.models import MODELS
from gradtui.models.network.cost import (
    foretold_spectra,
    refuse_too_wide,
    spectra_seconds_of,
    too_wide,
)
from gradtui.models.subject import subjects_of
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.setup.shared import MOST_PATIENCE
from gradtui.views.spectrum.blocks import refuse_batch_norm
from gradtui.views.spectrum.ensembles import Spectra, networks_of, pair_of, spectra_of, theory_of
from gradtui.views.spectrum.verdict import remedy_of
from gradtui.wording import duration

MAX_UNITS = 512
"""A layer costs some 10 n³ operations: at 512 units a tenth of a second and more."""

_DRAWING = 0.95
"""The share of the work that drawing networks is; the rest is for the last remedies."""


def run(setup: Setup, tick: Tick) -> Iterator[Spectra]:
    """An empty picture at once, one a spectrum of the first networks, one whenever they double.

    Remedies are looked for after the first network, and after the last where none was found.

    Raises:
        InputError: more units or layers than there is time for, or an initialisation that this
            activation does not have, or blocks with batch norm.
    """
    _refuse_too_much(setup)
    subjects = MODELS[setup.model].subjects(setup)
    for subject in subjects:
        refuse_batch_norm(subject)
    _refuse_too_long(setup)
    for subject in subjects_of(setup, setup.model):
        refuse_too_wide(subject, spectrum=True)
    result = Spectra(setup, tuple(map(pair_of, subjects)))
    yield result
    still = part(tick, 0.0, 0.0)
    told = [replace(pair, theory=theory_of(pair, still)) for pair in result.pairs]
    result = replace(result, pairs=tuple(told))
    order = sorted(
        range(len(result.pairs)), key=lambda at: result.pairs[at].subject.name != setup.focus
    )
    places = list(itertools.product(order, range(2)))
    networks = networks_of(setup)
    share = _DRAWING / (networks * len(places))
    for number in range(1, networks + 1):
        for done, (index, side) in enumerate(places, (number - 1) * len(places)):
            pair, step = result.pairs[index], part(tick, share * done, share)
            for spectrum in spectra_of(pair.subject, number, step, pair.ensembles[side]):
                result = result.with_(index, side, spectrum)
                if number == 1:
                    yield result
        twice_as_many = number & (number - 1) == 0
        if number > 1 and (twice_as_many or number == networks):
            yield result
        if number in (1, networks):
            # Those after the first network are looked for while the progress stands still.
            start, left = share * number * len(places), 1.0 - _DRAWING
            healing = part(tick, start, left if number == networks else 0.0)
            for healed in _healed(result, order, healing):
                result = healed
                yield result


def foretold(setup: Setup) -> str:
    """What to say before networks are drawn that take long even if they are few."""
    if setup.network.width > MAX_UNITS or setup.depth > MAX_NETWORK_DEPTH:
        return ""  # that is refused
    if not setup.network.plain and spectra_seconds_of(setup) > setup.patience:
        return ""  # that too
    if any(too_wide(one, spectrum=True) for one in subjects_of(setup, setup.model)):
        return ""  # and that
    return foretold_spectra(setup, networks_of(setup))


def _refuse_too_much(setup: Setup) -> None:
    for name, value, most in (
        ("units", setup.network.width, MAX_UNITS),
        ("depth", setup.depth, MAX_NETWORK_DEPTH),
    ):
        if value > most:
            raise InputError(name, value, f"at most {most:,} for spectra", f"try {{{name}={most}}}")


def _refuse_too_long(setup: Setup) -> None:
    """Refuse blocks of which not even one network of each kind is done in the time."""
    seconds = spectra_seconds_of(setup)
    if setup.network.plain or seconds <= setup.patience:
        return
    fits = int(0.9 * setup.depth * setup.patience / seconds)
    fits -= fits % 10 ** (len(str(fits)) - 1)  # a round number
    fewer = f"try {{depth={fits}}}" if fits else "try fewer {units}"
    enough = math.ceil(seconds)
    more = f", or {{patience={enough}}}" if enough <= MOST_PATIENCE else ""
    raise InputError(
        "depth",
        setup.depth,
        f"a number of blocks whose spectra take at most {{patience}}, {setup.patience:g} s: "
        f"one network of each takes about {duration(seconds)}",
        fewer + more,
    )


def _healed(result: Spectra, order: Sequence[int], tick: Tick) -> Iterator[Spectra]:
    """Look for remedies where there is none yet."""
    share = 1.0 / len(order)
    for turn, pair in enumerate(result.pairs[index] for index in order):
        if pair.subject.name in result.remedies:
            continue
        remedy = remedy_of(pair, part(tick, share * turn, share))
        if remedy is not None:
            result = replace(result, remedies={**result.remedies, pair.subject.name: remedy})
            yield result
