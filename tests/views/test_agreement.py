"""Whether networks agree with theory is said only where they can tell."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gradtui.models.network.decay import NetworkDecay
from gradtui.setup import Setup
from gradtui.views import VIEWS
from support.watch import last

VIEW = VIEWS["decay"]


def told(one: Setup) -> tuple[float, float, float, str]:
    """log10 of what was measured beside theory, its error, what is predicted, and the words."""
    result = last(VIEW, one)
    decay = result.each[0]
    assert isinstance(decay, NetworkDecay)
    assert decay.ensemble is not None
    logs = decay.ensemble.log10[:, 0] - float(decay.law.infinite[0])
    width = float(decay.law.centre[0] - decay.law.infinite[0])
    error = float(np.std(logs, ddof=1) / np.sqrt(len(logs)))
    return float(np.mean(logs)), error, width, VIEW.finding(result, one.activations[0]).evidence


def test_thirty_networks_do_not_confirm_what_two_thousand_refute() -> None:
    """They give ×0.14 of theory (2,000 networks), where first order predicts ×0.6."""
    one = Setup.of(activations=("gelu",), init=("normal(1.5)",), depth=25, model="network")
    *_, words = told(one.with_(networks=30).checked())
    assert "as a finite width makes it" not in words
    assert "too few to tell whether it is what a finite width makes (predicted ×0.6)" in words


def test_what_is_off_by_three_standard_errors_does_not_agree() -> None:
    one = Setup.of(activations=("selu",), init=("lecun_normal",), depth=4, model="network")
    one = one.with_(units=(100, 50, 200, 30, 10), quantity="w", networks=100).checked()
    mean, error, _, words = told(one)
    assert abs(mean) > 2.0 * error
    assert "agree" not in words
    assert "give ×0.93 ± 2.2 % of it in the geometric mean." in words


@pytest.mark.parametrize("networks", [2, 8, 40, 150])
@pytest.mark.parametrize(
    ("name", "init", "units"),
    [
        ("relu", "kaiming_normal", 16),
        ("relu", "kaiming_normal", 200),
        ("gelu", "normal(1.5)", 32),
        ("tanh", "critical", 64),
        ("selu", "orthogonal", 48),
        ("elu", "lecun_normal", 24),
    ],
)
def test_nothing_is_claimed_that_the_error_does_not_allow(
    name: str, init: str, units: int, networks: int
) -> None:
    one = Setup.of(activations=(name,), init=(init,), depth=12, model="network")
    mean, error, width, words = told(one.with_(networks=networks, units=units).checked())
    claims = {
        " agree (": abs(mean) <= 2.0 * error <= 0.05,
        "tell them apart": abs(mean) <= 2.0 * error and error > 0.025,
        "as a finite width makes it": abs(width) > 2.0 * error
        and abs(mean) > 2.0 * error
        and abs(mean - width) <= max(2.0 * error, 0.25 * abs(width)),
        "tell whether": abs(mean) > 2.0 * error >= max(abs(width), abs(mean - width)),
    }
    for claim, allowed in claims.items():
        assert (claim in words) is allowed, (claim, words)
    assert re.search(r"× ?-|nan", words) is None
