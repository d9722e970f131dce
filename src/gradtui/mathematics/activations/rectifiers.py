"""Activations that pass one side of z and damp the other, and the hard forms of smooth ones.

Symbols: z the pre-activation, t = |z|, a the slope for z < 0 or the size of the negative side.
At a kink f′ takes the value of PyTorch's backward pass.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.exponentials import decay, log_softplus
from gradtui.mathematics.activations.record import (
    SMALLEST_PARAMETER,
    Definition,
    Parameter,
    family,
    short,
)

_INFINITY = math.inf
_LARGEST = sys.float_info.max


@family("torch.nn.Identity", also_called=("linear", "none"))
def identity() -> Definition:
    """The linear network."""
    return Definition(
        formula="z",
        derivative_formula="1",
        f=lambda z: 1.0 * z,  # an array of its own, not the caller's
        df=lambda z: np.ones_like(z),
        ends=(-_INFINITY, _INFINITY),
        slopes=(1.0, 1.0),
    )


@family("Nair & Hinton, ICML 2010", also_called=("rectifier",))
def relu() -> Definition:
    """The rectifier."""
    return Definition(
        formula="max(z, 0)",
        derivative_formula="1 if z > 0, else 0",
        f=lambda z: np.maximum(z, 0.0),
        df=lambda z: np.where(z > 0.0, 1.0, 0.0),
        ends=(0.0, _INFINITY),
        slopes=(0.0, 1.0),
        breaks=(0.0,),
    )


def _leaky(a: float) -> Definition:
    """Slope 1 on the right, a on the left: shared by all that differ in where a comes from."""
    return Definition(
        formula=f"z if z > 0, else {short(a)} z",
        derivative_formula=f"1 if z > 0, else {short(a)}",
        f=lambda z: np.maximum(z, 0.0) + a * np.minimum(z, 0.0),
        df=lambda z: np.where(z > 0.0, 1.0, a),
        ends=(math.copysign(_INFINITY, -a) if a else 0.0, _INFINITY),
        slopes=(a, 1.0),
        breaks=(0.0,),
    )


@family(
    "Maas, Hannun & Ng, ICML workshop 2013",
    Parameter("negative_slope", 0.01),
    also_called=("leakyrelu", "lrelu", "leaky"),
)
def leaky_relu(negative_slope: float) -> Definition:
    """The rectifier with a small slope on the left."""
    return _leaky(negative_slope)


@family("He, Zhang, Ren & Sun, ICCV 2015", Parameter("init", 0.25))
def prelu(init: float) -> Definition:
    """The rectifier whose left slope is learned; it starts at `init`."""
    return _leaky(init)


@family(
    "Xu, Wang, Chen & Li, arXiv:1505.00853, 2015",
    Parameter("lower", 1.0 / 8.0),
    Parameter("upper", 1.0 / 3.0),
)
def rrelu(lower: float, upper: float) -> Definition:
    """The rectifier whose left slope is random in training; here as evaluated, with its mean."""
    if not lower <= upper:
        raise InputError(
            "rrelu lower", lower, f"at most upper = {short(upper)}", "raise upper or lower lower"
        )
    return _leaky(lower / 2.0 + upper / 2.0)


def _clamped(low: float, high: float) -> Definition:
    """Slope 1 between two bounds."""
    return Definition(
        formula=f"min(max(z, {short(low)}), {short(high)})",
        derivative_formula=f"1 if {short(low)} < z < {short(high)}, else 0",
        f=lambda z: np.minimum(np.maximum(z, low), high),
        df=lambda z: np.where((low < z) & (z < high), 1.0, 0.0),
        ends=(low, high),
        slopes=(0.0, 0.0),
        breaks=(low, high),
    )


@family("Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, 2010")
def relu6() -> Definition:
    """The rectifier capped at 6."""
    return _clamped(0.0, 6.0)


@family(
    "Collobert et al., JMLR 12, 2011",
    Parameter("min_val", -1.0),
    Parameter("max_val", 1.0),
)
def hardtanh(min_val: float, max_val: float) -> Definition:
    """Tanh in three straight lines."""
    if not min_val < max_val:
        raise InputError(
            "hardtanh min_val",
            min_val,
            f"below max_val = {short(max_val)}",
            "raise max_val or lower min_val",
        )
    return _clamped(min_val, max_val)


@family("Howard et al., Searching for MobileNetV3, ICCV 2019")
def hardsigmoid() -> Definition:
    """The sigmoid in three straight lines."""
    return Definition(
        formula="min(max(z + 3, 0), 6) / 6",
        derivative_formula="1/6 if -3 < z < 3, else 0",
        f=lambda z: np.minimum(np.maximum(z + 3.0, 0.0), 6.0) / 6.0,
        df=lambda z: np.where(abs(z) < 3.0, 1.0 / 6.0, 0.0),
        ends=(0.0, 1.0),
        slopes=(0.0, 0.0),
        breaks=(-3.0, 3.0),
    )


@family("Howard et al., Searching for MobileNetV3, ICCV 2019", also_called=("hard_silu",))
def hardswish() -> Definition:
    """SiLU with the hard sigmoid; f′(-3) = 0 and f′(3) = 1 as in PyTorch 2.13."""
    return Definition(
        formula="z min(max(z + 3, 0), 6) / 6",
        derivative_formula="0 if z ≤ -3, (2z + 3)/6 if z < 3, else 1",
        f=lambda z: z * (np.minimum(np.maximum(z + 3.0, 0.0), 6.0) / 6.0),
        df=lambda z: np.where(
            z >= 3.0, 1.0, np.where(z > -3.0, (2.0 * np.minimum(z, 3.0) + 3.0) / 6.0, 0.0)
        ),
        ends=(0.0, _INFINITY),
        slopes=(0.0, 1.0),
        breaks=(-3.0, 3.0),
    )


@family(
    "Donoho, IEEE Transactions on Information Theory 41, 1995", Parameter("lambd", 0.5, least=0)
)
def softshrink(lambd: float) -> Definition:
    """Draws z by λ towards 0, and 0 within λ of it."""
    return Definition(
        formula=f"sign(z) max(|z| - {short(lambd)}, 0)",
        derivative_formula=f"1 if |z| > {short(lambd)}, else 0",
        f=lambda z: np.maximum(z - lambd, 0.0) + np.minimum(z + lambd, 0.0),
        df=lambda z: np.where(abs(z) > lambd, 1.0, 0.0),
        ends=(-_INFINITY, _INFINITY),
        slopes=(1.0, 1.0),
        breaks=(-lambd, lambd) if lambd else (0.0,),
    )


@family("Donoho & Johnstone, Biometrika 81, 1994", Parameter("lambd", 0.5, least=0))
def hardshrink(lambd: float) -> Definition:
    """Keeps z, but 0 within λ of 0."""
    return Definition(
        formula=f"z if |z| > {short(lambd)}, else 0",
        derivative_formula=f"1 if |z| > {short(lambd)}, else 0",
        f=lambda z: z * (abs(z) > lambd),
        df=lambda z: np.where(abs(z) > lambd, 1.0, 0.0),
        ends=(-_INFINITY, _INFINITY),
        slopes=(1.0, 1.0),
        breaks=(-lambd, lambd) if lambd else (0.0,),
    )


@family("torch.nn.Threshold", Parameter("threshold", 0.0), Parameter("value", 0.5))
def threshold(threshold: float, value: float) -> Definition:
    """Keeps z above a threshold; PyTorch has no defaults, these are those of its example."""
    return Definition(
        formula=f"z if z > {short(threshold)}, else {short(value)}",
        derivative_formula=f"1 if z > {short(threshold)}, else 0",
        f=lambda z: z * (z > threshold) + value * (z <= threshold),
        df=lambda z: np.where(z > threshold, 1.0, 0.0),
        ends=(value, _INFINITY),
        slopes=(0.0, 1.0),
        breaks=(threshold,),
    )


@family("So et al., Primer, NeurIPS 2021", also_called=("relu2", "squared_relu", "sqrelu"))
def relu_squared() -> Definition:
    """The square of the rectifier: f′ has no bound, and no jump at 0."""
    return Definition(
        formula="max(z, 0)²",
        derivative_formula="2 max(z, 0)",
        f=lambda z: np.maximum(z, 0.0) ** 2,
        df=lambda z: 2.0 * np.maximum(z, 0.0),
        log_f=lambda z: 2.0 * np.log(np.maximum(z, 0.0)),
        ends=(0.0, _INFINITY),
        slopes=(0.0, _INFINITY),
        breaks=(0.0,),
    )


def _exponential(scale: float, a: float, formula: str, derivative_formula: str) -> Definition:
    """scale·z on the right, scale·a·(e^z - 1) on the left."""
    left = scale * a
    return Definition(
        formula=formula,
        derivative_formula=derivative_formula,
        f=lambda z: scale * np.maximum(z, 0.0) + left * np.expm1(np.minimum(z, 0.0)),
        df=lambda z: np.where(z > 0.0, scale, left * np.exp(np.minimum(z, 0.0))),
        log_df=lambda z: np.where(z > 0.0, np.log(scale), np.log(left) + z),
        ends=(-left, _INFINITY),
        slopes=(0.0, scale),
        breaks=(0.0,),
    )


@family("Clevert, Unterthiner & Hochreiter, ICLR 2016", Parameter("alpha", 1.0, least=0))
def elu(alpha: float) -> Definition:
    """The rectifier with an exponential left side that levels off at -α."""
    a = "" if alpha == 1.0 else f"{short(alpha)} "
    left = f"{a}(eᶻ - 1)" if a else "eᶻ - 1"
    return _exponential(1.0, alpha, f"z if z > 0, else {left}", f"1 if z > 0, else {a}eᶻ")


@family("Klambauer, Unterthiner, Mayr & Hochreiter, NIPS 2017")
def selu() -> Definition:
    """ELU with the λ and α, from its paper, that keep mean 0 and variance 1."""
    return _exponential(
        1.0507009873554804934193349852946,
        1.6732632423543772848170429916717,
        "λz if z > 0, else λα(eᶻ - 1); λ=1.0507, α=1.6733",
        "λ if z > 0, else λα eᶻ; λ=1.0507, α=1.6733",
    )


@family("Barron, arXiv:1704.07483, 2017", Parameter("alpha", 1.0, least=SMALLEST_PARAMETER))
def celu(alpha: float) -> Definition:
    """ELU stretched along z, so that f′ is continuous for every α."""
    e = decay(1 / Fraction(alpha))
    a = "" if alpha == 1.0 else short(alpha)
    e_z = f"e^(z/{a})" if a else "eᶻ"
    return Definition(
        formula=f"z if z > 0, else {a} ({e_z} - 1)" if a else "z if z > 0, else eᶻ - 1",
        derivative_formula=f"1 if z > 0, else {e_z}",
        f=lambda z: np.maximum(z, 0.0) + alpha * np.expm1(np.minimum(z, 0.0) / alpha),
        df=lambda z: np.where(z > 0.0, 1.0, e(-np.minimum(z, 0.0))),
        log_df=lambda z: np.minimum(z, 0.0) / alpha,
        ends=(-alpha, _INFINITY),
        slopes=(0.0, 1.0),
        breaks=(0.0,),
    )


@family(
    "Dugas, Bengio, Bélisle, Nadeau & Garcia, NIPS 2000",
    Parameter("beta", 1.0, least=SMALLEST_PARAMETER),
    Parameter("threshold", 20.0, least=0),
)
def softplus(beta: float, threshold: float) -> Definition:
    """A smooth rectifier; exactly z where βz, as rounded, is above the threshold, as in PyTorch."""
    rate = Fraction(beta)
    e = decay(rate)
    # The last float z that is not above: before it is rounded, βz may exceed by half an ulp.
    most = (Fraction(threshold) + Fraction(math.ulp(threshold)) / 2) / rate
    last = float(min(most, Fraction(_LARGEST)))
    if beta * last > threshold:
        last = math.nextafter(last, 0.0)
    b = "" if beta == 1.0 else short(beta)
    ln = f"ln(1 + e^({b}z)) / {b}" if b else "ln(1 + eᶻ)"

    def df(z: Any) -> Any:
        q = e(abs(z))
        return np.where(z > last, 1.0, np.where(z < 0.0, q, 1.0) / (1.0 + q))

    return Definition(
        formula=f"{ln}; z if z > {short(last)}",
        derivative_formula=f"sigmoid({b}z); 1 if z > {short(last)}",
        # max(z, 0) + ln(1 + e^-βt)/β: no cancellation on either side
        f=lambda z: np.maximum(z, 0.0) + np.log1p((z <= last) * e(abs(z))) / beta,
        df=df,
        log_df=lambda z: np.where(z > last, 0.0, np.minimum(beta * z, 0.0) - np.log1p(e(abs(z)))),
        log_f=lambda z: np.where(z > last, np.log(z), log_softplus(beta * z) - math.log(beta)),
        ends=(0.0, _INFINITY),
        slopes=(0.0, 1.0),
        breaks=(last,) if last < _LARGEST else (),
    )


@family("Barron, Squareplus, arXiv:2112.11687, 2021", Parameter("b", 4.0, least=SMALLEST_PARAMETER))
def squareplus(b: float) -> Definition:
    """Softplus without exponentials: with r = √(z² + b), f′ = f/r."""
    root = math.sqrt(b)

    def f(z: Any) -> Any:
        # (z + r)/2 = max(z, 0) + (r - t)/2, and r - t = b/(r + t) does not cancel
        t = abs(z)
        return np.maximum(z, 0.0) + b / (2.0 * (t + np.hypot(t, root)))

    def log_f(z: Any) -> Any:
        t = abs(z)
        left = math.log(b) - math.log(4.0) - np.log(0.5 * t + 0.5 * np.hypot(t, root))
        return np.where(z < 0.0, left, np.log(f(z)))

    def df(z: Any) -> Any:
        return f(z) / np.hypot(z, root)

    def log_df(z: Any) -> Any:
        return np.where(z < 0.0, log_f(z) - np.log(np.hypot(z, root)), np.log(df(z)))

    return Definition(
        formula=f"(z + √(z² + {short(b)})) / 2",
        derivative_formula=f"(1 + z / √(z² + {short(b)})) / 2",
        f=f,
        df=df,
        log_df=log_df,
        log_f=log_f,
        ends=(0.0, _INFINITY),
        slopes=(0.0, 1.0),
    )
