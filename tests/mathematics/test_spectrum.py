"""The end-to-end Jacobian's singular values: against mpmath, closed forms, LAPACK and masks.

Logarithms are held to 1e-10, the accuracy of every magnitude in the engine, wherever the weights
are no worse conditioned than random ones.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import mpmath as mp
import numpy as np
import pytest
from scipy.special import digamma

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.initialisation import random_network
from gradtui.mathematics.spectrum import Spectrum, jacobian_spectra, jacobian_spectrum

RIGHT = 1e-10
"""Absolute, of a log10."""


def network(
    widths: Sequence[int], init: str, f: str, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray] | None, np.ndarray]:
    weights, biases = random_network(widths, init, f, seed)
    return weights, biases, np.random.default_rng(seed).normal(size=widths[0])


def exact(
    f: str, weights: list[np.ndarray], biases: list[np.ndarray] | None, x: np.ndarray, digits: int
) -> np.ndarray:
    """log10 σ_i from the product itself in so many digits, forward pass included."""
    with mp.workdps(digits):
        functions = {
            "tanh": (mp.tanh, lambda z: 1 / mp.cosh(z) ** 2),
            "sigmoid": (lambda z: 1 / (1 + mp.exp(-z)), lambda z: mp.sech(z / 2) ** 2 / 4),
            "identity": (lambda z: z, lambda z: mp.mpf(1)),
            "leaky_relu": (lambda z: z if z > 0 else z / 100, lambda z: mp.mpf(1 if z > 0 else 0.01)),
        }  # fmt: skip
        value, slope = functions[f]
        a, product = mp.matrix(x.tolist()), mp.eye(len(x))
        for layer, w in enumerate(weights):
            matrix = mp.matrix(w.tolist())
            z = matrix * a
            if biases is not None:
                z += mp.matrix(biases[layer].tolist())
            product = mp.diag([slope(one) for one in z]) * matrix * product
            a = mp.matrix([value(one) for one in z])
        values = mp.svd_r(product, compute_uv=False)
        return np.array([float(mp.log10(one)) for one in values])


# ---------------------------------------------------------- in many digits


@pytest.mark.parametrize(
    ("f", "init", "n", "depth", "decades"),
    [
        ("tanh", "normal(sigma_w=3, sigma_b=0.5)", 6, 200, 300),  # saturated: spreads far
        ("tanh", "normal(sigma_w=1.2)", 8, 120, 60),
        ("tanh", "orthogonal(gain=1.2)", 5, 150, 1),
        ("sigmoid", "normal(sigma_w=4, sigma_b=1)", 5, 200, 100),
        ("leaky_relu", "kaiming_normal", 8, 200, 300),
        ("identity", "normal", 4, 200, 60),
    ],
)
def test_every_singular_value_is_that_of_the_product_in_many_digits(
    f: str, init: str, n: int, depth: int, decades: float
) -> None:
    """Some of them are hundreds of decades below others, and none is worse for it."""
    given = network([n] * (depth + 1), init, f, seed=3)
    found = jacobian_spectrum(f, *given).log10_singular_values
    assert found[0] - found[-1] > decades
    # A chaotic forward pass magnifies rounding: compare at the activations that were found.
    digits = 60 + int(found[0] - found[-1])
    assert np.abs(found - exact(f, *given, digits)).max() < tolerance(f, init)
