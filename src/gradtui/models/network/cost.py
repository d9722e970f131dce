"""What random networks cost, and how many of them are drawn in the time that there is.

Glossary: L depth, n units of a layer.

The seconds are those of one core of an ordinary machine of 2025, rounded up: a count of operations
and not a clock, so that equal setups give equal numbers wherever they are run.
"""

from __future__ import annotations

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


_MOST_STATES = 0.7e9
"""Bytes of the states of all layers: with the weights that are kept, below 1 GB."""

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
    each = 8.0 * block(network.block[0]).states(network.width) / network.width
    return max(int(_MOST_STATES / (each * sum(network.widths(depth)))), 1)


def too_many_inputs(subject: Subject) -> bool:
    """Whether a batch of them is refused."""
    return subject.setup.network.batch > most_inputs_of(subject)


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
    if networks and any(one.setup.network.in_batch and too_many_inputs(one) for one in subjects):
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
