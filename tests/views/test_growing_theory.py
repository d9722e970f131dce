"""Theory of an activation that grows faster than a line, far beyond the range of float64.

Of relu² E[f²] = 3/2 q² and E[f′²] = 2q exactly: q ← 3/2 σw² q² + σb² and χ = 2 σw² q.
"""

from __future__ import annotations

import math
import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext

import numpy as np
import pytest

from gradtui.mathematics.wide.advice import log10_ratio
from gradtui.mathematics.wide.path import gradient_path, ratios_by_depth
from gradtui.wording import magnitude
from support.commands import run

BEYOND = Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN)
POINTS = [(1.0, 0.5, 1.0), (1.3, 0.0, 2.0), (0.7, 1.2, 0.4)]
UNITS = ("--units", "8")


def exact(sigma_w: float, sigma_b: float, x: float, depth: int) -> tuple[float, float]:
    """log10 of √∏χ and of q_L."""
    with localcontext(BEYOND):
        w, b = Decimal(sigma_w) ** 2, Decimal(sigma_b) ** 2
        q, product = w * Decimal(x) ** 2 + b, Decimal(1)
        for layer in range(depth):
            q = Decimal("1.5") * w * q * q + b if layer else q
            product *= 2 * w * q
        return float(product.log10()) / 2.0, float(q.log10())


@pytest.mark.parametrize("depth", [1, 3, 6, 8, 9, 10, 11, 12, 25, 55])
@pytest.mark.parametrize(("sigma_w", "sigma_b", "x"), POINTS)
def test_a_square_is_followed_by_its_power_law(
    sigma_w: float, sigma_b: float, x: float, depth: int
) -> None:
    left, q = exact(sigma_w, sigma_b, x, depth)
    path = gradient_path("relu_squared", sigma_w**2, sigma_b**2, depth, x)
    assert float(path.log10_grad_hidden[0]) == pytest.approx(left, rel=1e-11, abs=1e-9)
    assert float(path.log10_q[-1]) == pytest.approx(q, rel=1e-11, abs=1e-9)
    assert path.log10_last_square == pytest.approx(2 * q + math.log10(1.5), rel=1e-11, abs=1e-9)
    several, _ = ratios_by_depth("relu_squared", [sigma_w], sigma_b, x, [depth])
    assert several.item() == pytest.approx(left, rel=1e-8, abs=1e-8 * depth)
    advised = log10_ratio("relu_squared", np.array([sigma_w]), np.array([sigma_b]), depth, x)
    assert advised.item() == pytest.approx(left, rel=1e-8, abs=1e-8 * depth)


def test_a_line_is_followed_too() -> None:
    """relu with σw = 3 multiplies q by 4.5 a layer, and the gradient with it."""
    path = gradient_path("relu", 9.0, 0.0, 1000)
    first = math.log10(9.0)
    assert float(path.log10_q[-1]) == pytest.approx(first + 999 * math.log10(4.5), rel=1e-9)
    assert float(path.log10_grad_hidden[0]) == pytest.approx(500 * math.log10(4.5), rel=1e-9)


@pytest.mark.parametrize("depth", [8, 10])
def test_every_view_says_what_theory_does(depth: int) -> None:
    left = magnitude(exact(1.0, 0.5, 1.0, depth)[0])
    phase = ("--sigma-w", "1", "--sigma-b", "0.5", "--depth", str(depth))
    assert f"layers make it {left}," in " ".join(run("phase", "relu_squared", *phase).out.split())
    network = ("--init", "normal(1,0.5)", "--networks", "2", "--depth", str(depth), *UNITS)
    decay = " ".join(run("decay", "relu_squared", *network).out.split())
    assert f"Theory: ×{left}" in decay
    init = run("init", "relu_squared", "--depth", str(depth), "--networks", "2", *UNITS).out
    for recipe, sigma_w in (("lecun", 1.0), ("kaiming", math.sqrt(2.0))):
        line = next(line for line in init.splitlines() if recipe in line)
        assert magnitude(exact(sigma_w, 0.0, 1.0, depth)[0]) in line


def test_what_passes_the_range_of_a_logarithm_is_more_than_that() -> None:
    """After 1,100 layers log10 itself is above 1e308."""
    deep = ("--depth", "1100")
    phase = run("phase", "relu_squared", "--sigma-w", "1", "--sigma-b", "0.5", *deep).out
    assert "make it more than 10^1e308;" in " ".join(phase.split())
    network = ("--init", "normal(1,0.5)", "--networks", "1", *UNITS, *deep)
    decay = run("decay", "relu_squared", *network).out
    assert "Theory: more than ×10^1e308" in " ".join(decay.split())
    assert ">10^1e308" in decay
    init = run("init", "relu_squared", "--networks", "1", *UNITS, *deep).out
    assert ">10^1e308" in init
    for text in (phase, decay, init):
        said = text[re.search(r"^[✓✗▲∅] ", text, re.MULTILINE).start() :]  # type: ignore[union-attr]
        assert "∞" not in said.replace("as q → ∞", "")
        assert "×-" not in said


def test_values_beyond_float64_have_a_spectrum() -> None:
    """So far apart from 0 that no interval of a fixed width holds them."""
    done = run("spectrum", "relu_squared", "--init", "normal(1,0.5)", "--depth", "60", *UNITS)
    assert done.status == 0, done.err
