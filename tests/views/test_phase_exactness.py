"""What the phase view says at the edges of what is told apart."""

from __future__ import annotations

import math
import re

import pytest

from gradtui.wording import magnitude
from support.commands import run


def phase(*words: str) -> str:
    return " ".join(run("phase", *words).out.split())


@pytest.mark.parametrize(("sigma_w", "layers"), [(1.01, 1000), (0.001, 200), (0.5, 4000)])
def test_of_relu_what_is_left_is_exact_however_small(sigma_w: float, layers: int) -> None:
    """Its E[f′²] is ½ at every q: √(σw²/2) a layer."""
    text = phase("relu", "--sigma-w", str(sigma_w), "--sigma-b", "0", "--depth", str(layers))
    left = magnitude(0.5 * layers * math.log10(0.5 * sigma_w**2))
    assert f"{layers:,} layers leave {left}, ×" in text


def test_a_bound_is_told_as_one() -> None:
    """tanhshrink's E[f′²] falls with q, below what is followed."""
    text = phase("tanhshrink", "--sigma-w", "1", "--sigma-b", "0", "--depth", "50")
    assert "50 layers leave less than " in text


@pytest.mark.parametrize(
    ("name", "sigma_w"), [("elu(3)", "0.4472135955"), ("tanh", "1"), ("elu", "1")]
)
def test_where_q_goes_to_0_it_is_0(name: str, sigma_w: str) -> None:
    text = phase(name, "--sigma-w", sigma_w, "--sigma-b", "0", "--depth", "20")
    assert "as q → 0" in text
    assert "at q* =" not in text


def test_a_correlation_below_1_is_not_told_as_1() -> None:
    text = run("phase", "gelu", "elu", "--sigma-w", "1.41421", "--sigma-b", "0.4", "--depth", "30")
    (line,) = [line for line in text.out.splitlines() if re.match(" a . gelu ", line)]
    assert "0.99999" in line or "0.99998" in line, line
