"""The moments of a tensor, looked at in pieces, against numpy and mpmath."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from gradtui.mathematics.pieces import NUMBERS
from gradtui.mathematics.weights.cells import half_life
from gradtui.mathematics.weights.facts import facts
from gradtui.mathematics.weights.layout import Layout, bias_of, layout_of
from gradtui.mathematics.weights.moments import moments
from gradtui.mathematics.weights.singular import singular
from gradtui.progress import Stopped


@pytest.mark.parametrize("size", [1, 2, 33, NUMBERS, 2 * NUMBERS + 7])
def test_moments_are_numpys(size: int) -> None:
    w = np.random.default_rng(0).normal(0.3, 2.0, size)
    told = moments(w)
    assert (told.finite, told.least, told.most) == (size, w.min(), w.max())
    assert told.mean == pytest.approx(w.mean(), rel=1e-13)
    assert told.std == pytest.approx(w.std(), rel=1e-13)
    if size > 2:
        fourth = np.mean((w - w.mean()) ** 4) / w.var() ** 2
        assert told.kurtosis == pytest.approx(fourth, rel=1e-12)


def test_numbers_that_are_not_finite_are_left_out() -> None:
    w = np.array([np.nan, 3.0, np.inf, 5.0, -np.inf, -np.nan])
    told = moments(w)
    assert (told.finite, told.mean, told.std, told.top) == (2, 4.0, 1.0, 5.0)
    none = moments(np.array([np.nan, np.inf]))
    assert none.finite == 0
    assert math.isnan(none.mean)
    assert math.isnan(none.std)
    assert not none.constant


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_matrix_is_not_copied(order: str) -> None:
    import tracemalloc

    w = np.asarray(np.random.default_rng(0).normal(size=(2000, 1500)), order=order)  # type: ignore[call-overload]
    name = "w" if order == "C" else "kernel"
    tracemalloc.start()
    facts(name, w, "float32", {name: w.shape})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.6 * w.nbytes


def test_a_large_matrix_can_be_left_at_any_time() -> None:
    w = np.zeros((3000, 1000))
    w[0, 0] = w[2999, 999] = 1.0
    told: list[float] = []
    facts("w", w, "float32", {"w": w.shape}, told.append)
    assert len(told) > 20
    assert told == sorted(told)
    assert told[0] >= 0.0
    assert told[-1] <= 1.0
    for count in (1, 5, len(told) - 1):
        left = iter([None] * count)

        def tick(share: float, left: object = left) -> None:
            if next(left, "over") == "over":  # type: ignore[call-overload]
                raise Stopped

        with pytest.raises(Stopped):
            facts("w", w, "float32", {"w": w.shape}, tick)


@pytest.mark.parametrize("scale", [1e-250, 1e-99, 1e99, 1e250])
def test_bounds_of_large_matrices_at_any_scale(scale: float) -> None:
    w = np.random.default_rng(0).normal(size=(600, 700))
    one, other = singular(w), singular(w * scale)
    assert other.largest / scale == pytest.approx(one.largest, rel=1e-10)
    assert other.stable_rank == pytest.approx(one.stable_rank, rel=1e-10)


@pytest.mark.parametrize(("bias", "steps"), [(0, 1.00), (1, 2.21), (2, 5.46), (3, 14.27)])
def test_half_lives_that_others_found(bias: float, steps: float) -> None:
    assert half_life(bias) == pytest.approx(steps, abs=0.005)


@pytest.mark.parametrize("bias", [-700.0, -30.0, -1.0, 0.5, 40.0, 600.0])
def test_half_lives_are_right_to_the_last_digits(bias: float) -> None:
    with mpmath.workdps(400):
        gate = 1 / (1 + mpmath.exp(-mpmath.mpf(bias)))
        exact = mpmath.log(mpmath.mpf(1) / 2) / mpmath.log(gate)
    assert half_life(bias) == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize(
    ("weight", "bias", "layout"),
    [
        ("fc.weight", "fc.bias", Layout.OUT_IN),
        ("weight", "bias", Layout.OUT_IN),
        ("Dense_0/kernel", "Dense_0/bias", Layout.IN_OUT),
        ("dense/kernel:0", "dense/bias:0", Layout.IN_OUT),
        ("arr_2", "arr_3", Layout.IN_OUT),
        ("W1", "b1", Layout.IN_OUT),
        ("W1", "B1", Layout.IN_OUT),
        ("net.w_2", "net.b_2", Layout.IN_OUT),
    ],
)
def test_biases_by_name_and_shape(weight: str, bias: str, layout: Layout) -> None:
    shape = (5, 3) if layout is Layout.OUT_IN else (3, 5)
    shapes = {weight: shape, bias: (5,)}
    assert layout_of(weight, shapes) is layout
    assert bias_of(weight, shapes) == bias
    assert bias_of(weight, {weight: shape, bias: (4,)}) == ""
    assert bias_of(weight, {weight: shape}) == ""


def test_a_vector_has_no_bias() -> None:
    assert bias_of("norm.weight", {"norm.weight": (5,), "norm.bias": (5,)}) == ""
