"""What random networks cost, and how many of them are drawn in the time that there is.

Glossary: L depth, n units of a layer.

The seconds are those of one core of an ordinary machine of 2025, rounded up: a count of operations
and not a clock, so that equal setups give equal numbers wherever they are run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradtui.errors import InputError
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.initialisation import initialisation
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.models.patience import DRAWING, within
from gradtui.models.subject import Subject, subjects_of
from gradtui.setup import Setup
from gradtui.setup.shared import LEAST_PATIENCE
from gradtui.wording import counted, foretold

_LAYER = 8e-5
"""Seconds that a layer costs whatever its width."""
_WEIGHT = 14e-9
"""Seconds to draw a weight and to send a signal through it, up and down."""
_STEP = 1.4e-4
"""Seconds that a step of a block costs whatever its width."""
_INPUT = 2e-10, 1.4e-8
"""Seconds more for each input beyond the first, of a weight and of a unit and each step."""
_REFLECTED = 25e-9, 3e-11
"""Seconds more for a weight of an orthogonal matrix, and for each of its n rows."""
_SPECTRUM = 1e-3, 6e-10
"""Seconds of a layer of a spectrum, and times n³."""
_BLOCK_SPECTRUM = 2e-4, 1e-3, 4.0
"""Seconds of a block of a spectrum whatever its width, of each matrix, and times that with a gate.
"""
KEPT_WEIGHTS = 2**25
"""So many weights of a network are kept, 256 MB; of larger ones each layer is drawn twice."""

_ROOM = 0.9e9
"""Bytes that a network may take: with the program itself, below 1 GB."""
_PASSING = 4, 4
"""What a row passes through beside what is kept: so many times the units inside, and those of h."""
_AT_ONCE = 3
"""So many matrices of larger networks of plain layers are there at a time; of blocks one block."""
_SPREAD_OUT = 12, 20
"""And so many of the largest of a block, or of one with a gate, where its spectrum is taken."""

FILTER = 40
"""On so many of the networks that its command draws a change is tried before all of them are."""
SHARE = 0.05
"""The share of the time that those of one change may take."""
CONFIRMING = 0.25
"""The share of the time that drawing the rest may take, of all changes together."""
_TRIED = 15
"""A search for what helps draws as much as so many changes do that are tried on all the first."""


def refuse_too_deep(setup: Setup) -> None:
    """Refuse more layers than a network can have."""
    if setup.depth > MAX_NETWORK_DEPTH:
        raise InputError(
            "depth",
            setup.depth,
            f"at most {MAX_NETWORK_DEPTH:,} for a network",
            f"try {{depth={MAX_NETWORK_DEPTH}}}",
        )


def seconds_of(subject: Subject) -> float:
    """The seconds that drawing one network takes, and running one input through it."""
    network, depth = subject.setup.network, subject.setup.depth
    weight = _WEIGHT
    if _orthogonal(subject):
        weight += _REFLECTED[0] + _REFLECTED[1] * network.width
    weights = network.weights(depth)
    times = 2.0 if weights > KEPT_WEIGHTS else 1.0
    if network.plain:
        return depth * _LAYER + times * weight * weights
    one = block(network.block[0])
    steps, inner = len(one.steps(depth).all), max(network.width, one.inner(network.width))
    beyond = network.batch - 1 if network.in_batch else 0
    each = times * weight + beyond * _INPUT[0]
    return depth * steps * (_STEP + beyond * inner * _INPUT[1]) + each * weights


def most_inputs_of(subject: Subject) -> int:
    """How many inputs run through a network together: for each the states of all layers are kept.

    One at least.
    """
    network, depth = subject.setup.network, subject.setup.depth
    one, n = block(network.block[0]), network.width
    states = one.states(n) / n * sum(network.widths(depth))
    each = 8.0 * (states + _PASSING[0] * one.inner(n) + _PASSING[1] * n)
    return max(int((_ROOM - _weight_bytes(subject)) / each), 1)


def too_many_inputs(subject: Subject) -> bool:
    """Whether a batch of them is refused."""
    return subject.setup.network.batch > most_inputs_of(subject)


def _weight_bytes(subject: Subject) -> float:
    """The bytes of the weights that are there at a time."""
    network, depth = subject.setup.network, subject.setup.depth
    if (weights := network.weights(depth)) <= KEPT_WEIGHTS:
        return 8.0 * weights
    one, n = block(network.block[0]), network.width
    return 8.0 * (_AT_ONCE * n * n if one.plain else one.weights(n))


def _most_inside(subject: Subject, *, spectrum: bool) -> int:
    """How many units may be inside a block, for its matrices to have room."""
    one, n = block(subject.setup.network.block[0]), subject.setup.network.width
    matrices = _SPREAD_OUT[one.glu] if spectrum else one.weights(n) / (n * one.inner(n))
    return int(_ROOM / (8.0 * matrices * n))


def too_wide(subject: Subject, *, spectrum: bool = False) -> bool:
    """Whether the matrices of one block alone take more memory than is promised.

    Args:
        subject: whose.
        spectrum: whether its Jacobian is multiplied out, too.
    """
    one = block(subject.setup.network.block[0])
    most = _most_inside(subject, spectrum=spectrum)
    return not one.plain and one.inner(subject.setup.network.width) > most


def refuse_too_wide(subject: Subject, *, spectrum: bool = False) -> None:
    """Refuse such a block, with what would do."""
    if not too_wide(subject, spectrum=spectrum):
        return
    one, n = block(subject.setup.network.block[0]), subject.setup.network.width
    fits = _most_inside(subject, spectrum=spectrum)
    expands = "expansion" in one.family.parameters and fits >= n
    units = max(int(n * math.sqrt(fits / one.inner(n))), 1)
    raise InputError(
        "block",
        one.spec,
        f"a block of which the matrices, {n:,} by {one.inner(n):,}, take less than 1 GB",
        f"try {f'expansion={fits // n}, or ' if expands else ''}{{units={units}}}",
    )


def spectrum_seconds_of(subject: Subject) -> float:
    """The seconds that the singular values of one network take."""
    network, depth = subject.setup.network, subject.setup.depth
    each, cubed = _SPECTRUM[0], _SPECTRUM[1] * network.width**3
    if not network.plain:
        matrices = network.weights(depth) / (depth * network.width**2)
        one, (fixed, a_matrix, gated) = block(network.block[0]), _BLOCK_SPECTRUM
        each = fixed + a_matrix * one.family.matrices * (gated if one.glu else 1.0)
        cubed *= 2.0 + 0.5 * matrices
    return seconds_of(subject) + depth * (each + cubed)


def affordable(subject: Subject, share: float, most: int) -> int:
    """How many networks of a subject take this share of the time that there is, up to `most`."""
    return min(most, int(share * subject.setup.patience / seconds_of(subject)))


def trying_seconds_of(subject: Subject) -> float:
    """The seconds that looking for what helps a subject takes, as a rule."""
    network, patience = subject.setup.network, subject.setup.patience
    first = affordable(subject, SHARE, min(network.networks, FILTER))
    rest = min((network.networks - first) * seconds_of(subject), CONFIRMING * patience)
    return (_TRIED * first * seconds_of(subject) + rest) if first else 0.0


def networks_of(subjects: Sequence[Subject]) -> int:
    """How many networks of each of these are drawn; none where one takes too long."""
    setup = subjects[0].setup
    seconds = sum(map(seconds_of, subjects))
    if seconds > setup.patience:
        return 0
    return within(setup.network.networks, setup.patience, seconds)


def foretold_in_decay(setup: Setup) -> str:
    """That drawing the networks of a decay takes long, where it does."""
    subjects = subjects_of(setup, "network")
    networks = networks_of(subjects)
    if networks and any(
        too_wide(one) or (one.setup.network.in_batch and too_many_inputs(one)) for one in subjects
    ):
        return ""  # that is refused
    return foretold(_drawing(networks), networks * sum(map(seconds_of, subjects)))


def foretold_spectra(setup: Setup, networks: int) -> str:
    """That the spectra of so many networks of each kind take long, where they do."""
    return foretold(_drawing(networks), networks * spectra_seconds_of(setup))


def foretold_in_ways(setup: Setup, ways: int) -> str:
    """That checking each activation with so many kinds of weights takes long, where it does."""
    subjects = subjects_of(setup, "network")
    patience = setup.patience / len(subjects)
    total, most = 0.0, 0
    for subject in subjects:
        alone = seconds_of(subject.changed({"init": ("normal",)}))
        if alone > patience:
            continue
        each = ways * alone if ways * alone <= patience else alone
        networks = within(setup.network.networks, patience, each)
        total, most = total + networks * each, max(most, networks)
    return foretold(f"{_drawing(most)} with each kind of weights", total)


def _drawing(networks: int) -> str:
    return f"drawing {counted(networks, 'network')}"


def unhurried(setup: Setup, seconds: float) -> frozenset[str]:
    """The patience, where all networks are drawn in the least of it: an idle knob.

    Args:
        setup: with the number that was asked for.
        seconds: what one network of each kind takes.
    """
    all_of_them = setup.network.networks * seconds
    return frozenset({"patience"} if all_of_them <= DRAWING * LEAST_PATIENCE else ())


def idle_in_decay(setup: Setup) -> frozenset[str]:
    """Of one network a subject; where none is drawn, what that would depend on, too."""
    subjects = subjects_of(setup, "network")
    if not networks_of(subjects):
        return frozenset({"seed", "networks"})
    return unhurried(setup, sum(map(seconds_of, subjects)))


def spectra_seconds_of(setup: Setup) -> float:
    """What the spectra of a network of each kind take.

    Gaussian and orthogonal, or of blocks those with and without the skip.
    """
    subjects = subjects_of(setup, setup.model)
    if not setup.network.plain:
        return 2.0 * sum(map(spectrum_seconds_of, subjects))
    kinds = [
        one.changed({"init": (init,)}) for one in subjects for init in ("normal", "orthogonal")
    ]
    return sum(map(spectrum_seconds_of, kinds))


def _orthogonal(subject: Subject) -> bool:
    return initialisation(subject.init).name == "orthogonal"
