"""Activations that level off or swing: sigmoids, bumps and waves.

Symbols: z the pre-activation, t = |z|, e the exponential in play; f, df, log_df are f, f′, ln|f′|.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from gradtui.mathematics.activations.exponentials import (
    log_sigmoid,
    log_softplus,
    log_tanh,
    product,
    special,
)
from gradtui.mathematics.activations.record import Definition, Parameter, family, short


@family("Rumelhart, Hinton & Williams, Nature 323, 1986", also_called=("logistic",))
def sigmoid() -> Definition:
    """The logistic function: the complement is taken of z, never of σ."""

    def df(z: Any) -> Any:
        e = np.exp(-abs(z))
        return e / (1.0 + e) ** 2

    return Definition(
        formula="1 / (1 + e⁻ᶻ)",
        derivative_formula="sigmoid(z) (1 - sigmoid(z))",
        f=lambda z: 1.0 / (1.0 + np.exp(-z)),
        df=df,
        log_df=lambda z: -abs(z) - 2.0 * np.log1p(np.exp(-abs(z))),
        log_f=log_sigmoid,
        ends=(0.0, 1.0),
        slopes=(0.0, 0.0),
    )


@family("LeCun, Bottou, Orr & Müller, Efficient BackProp, 1998")
def tanh() -> Definition:
    """The hyperbolic tangent: f′ = 4e/(1 + e)² with e = e^-2t, for 1 - f² cancels."""

    def df(z: Any) -> Any:
        e = np.exp(-2.0 * abs(z))
        return 4.0 * e / (1.0 + e) ** 2

    def log_df(z: Any) -> Any:
        # f′ = 1/(1 + sinh²z), and 4 e^-2t to the last digit from t = 20 on.
        t = abs(z)
        return np.where(
            t < 20.0, -np.log1p(np.sinh(np.minimum(t, 20.0)) ** 2), math.log(4.0) - 2.0 * t
        )

    return Definition(
        formula="tanh z",
        derivative_formula="1 - tanh² z",
        f=np.tanh,
        df=df,
        log_df=log_df,
        log_f=lambda z: log_tanh(abs(z)),
        ends=(-1.0, 1.0),
        slopes=(0.0, 0.0),
    )


@family("Turian, Bergstra & Bengio, NAACL 2009")
def softsign() -> Definition:
    """Levels off like 1/t² where tanh does like e^-2t."""
    return Definition(
        formula="z / (1 + |z|)",
        derivative_formula="1 / (1 + |z|)²",
        f=lambda z: z / (1.0 + abs(z)),
        df=lambda z: (1.0 + abs(z)) ** -2.0,
        log_df=lambda z: -2.0 * np.log1p(abs(z)),
        ends=(-1.0, 1.0),
        slopes=(0.0, 0.0),
        breaks=(0.0,),
    )


@family("torch.nn.LogSigmoid")
def logsigmoid() -> Definition:
    """The logarithm of the sigmoid, which is -softplus(-z)."""

    def df(z: Any) -> Any:
        e = np.exp(-abs(z))
        return np.where(z > 0.0, e, 1.0) / (1.0 + e)

    return Definition(
        formula="ln sigmoid(z) = -ln(1 + e⁻ᶻ)",
        derivative_formula="sigmoid(-z)",
        f=lambda z: -np.logaddexp(0.0, -z),
        df=df,
        log_df=lambda z: log_sigmoid(-z),
        log_f=lambda z: log_softplus(-z),
        ends=(-math.inf, 0.0),
        slopes=(1.0, 0.0),
    )


@family("torch.nn.Tanhshrink")
def tanhshrink() -> Definition:
    """By Lambert's fraction tanh z = z/(1 + z²/(3 + z²/(5 + …))) where z - tanh z cancels."""

    def denominator(s: Any) -> Any:
        # 3 + s/(5 + s/(7 + …)), s = z² ≤ 1; cut at 17, what is left out is below 1e-17
        c = 15.0 + s / 17.0
        for odd in (13.0, 11.0, 9.0, 7.0, 5.0, 3.0):
            c = odd + s / c
        return c

    def f(z: Any) -> Any:
        s = z * z
        return np.where(s < 1.0, z * (s / (denominator(s) + s)), z - np.tanh(z))[()]

    def log_f(z: Any) -> Any:
        s = z * z
        near = 3.0 * np.log(abs(z)) - np.log(denominator(s) + s)
        return np.where(s < 1.0, near, np.log(abs(z - np.tanh(z))))

    return Definition(
        formula="z - tanh z",
        derivative_formula="tanh² z",
        f=f,
        df=lambda z: np.tanh(z) ** 2,
        log_df=lambda z: 2.0 * log_tanh(abs(z)),
        log_f=log_f,
        ends=(-math.inf, math.inf),
        slopes=(1.0, 1.0),
    )


@family("Williams, Computing with infinite networks, NIPS 1996")
def erf() -> Definition:
    """The error function; its infinite-width theory has closed forms."""
    c = 2.0 / math.sqrt(math.pi)
    return Definition(
        formula="erf z = 2/√π ∫₀ᶻ e^(-s²) ds",
        derivative_formula="2/√π e^(-z²)",
        f=lambda z: special().erf(z),
        df=lambda z: c * np.exp(-z * z),
        log_df=lambda z: math.log(c) - z * z,
        ends=(-1.0, 1.0),
        slopes=(0.0, 0.0),
    )


@family("the inverse tangent, torch.atan", also_called=("atan",))
def arctan() -> Definition:
    """Levels off like 1/z²."""

    def log_df(z: Any) -> Any:
        # z² overflows; from t = 1e9 on, 1 + z² is z² to the last digit.
        t = abs(z)
        return np.where(t < 1e9, -np.log1p(np.minimum(t, 1e9) ** 2), -2.0 * np.log(t))

    return Definition(
        formula="arctan z",
        derivative_formula="1 / (1 + z²)",
        f=np.arctan,
        df=lambda z: 1.0 / (1.0 + z * z),
        log_df=log_df,
        ends=(-math.pi / 2, math.pi / 2),
        slopes=(0.0, 0.0),
    )


@family(
    "Sitzmann et al., Implicit Neural Representations (SIREN), NeurIPS 2020",
    Parameter("omega", 1.0, least=1e-3, most=1e6),
    also_called=("sine",),
    meant_by=("siren",),
)
def sin(omega: float) -> Definition:
    """A wave: no limit on either side. The rounding error of ωz is made up for.

    Where ωz is beyond 1e15 and ω is not 1, it is right to 3e-16, also beside its zeros.
    """
    log_omega, last = math.log(omega), 0.9 * sys.float_info.max / max(omega, 1.0)

    def wave(z: Any) -> tuple[Any, Any]:
        """The sine and the cosine of ωz = p + r; beyond float64, those at its end."""
        if omega == 1.0:
            return np.sin(z), np.cos(z)
        scale = np.where(abs(z) > 1e280, 2.0**-64, 1.0)  # for `product` not to overflow
        scaled = product(omega, np.clip(z, -last, last) * scale)
        (s, c), (ds, dc) = ((np.sin(part), np.cos(part)) for part in (x / scale for x in scaled))
        return np.clip(s * dc + c * ds, -1.0, 1.0), np.clip(c * dc - s * ds, -1.0, 1.0)

    def log_df(z: Any) -> Any:
        sine, cosine = wave(z)
        s = sine * sine
        return log_omega + np.where(s < 0.5, 0.5 * np.log1p(-s), np.log(abs(cosine)))

    times = "" if omega == 1.0 else f"{short(omega)} "
    return Definition(
        formula=f"sin({times}z)" if times else "sin z",
        derivative_formula=f"{times}cos({times}z)" if times else "cos z",
        f=lambda z: wave(z)[0],
        df=lambda z: omega * wave(z)[1],
        log_df=log_df,
        ends=(math.nan, math.nan),
        slopes=(math.nan, math.nan),
    )


@family("Broomhead & Lowe, Complex Systems 2, 1988", also_called=("rbf",))
def gaussian() -> Definition:
    """A bump, the radial basis function."""
    return Definition(
        formula="e^(-z²)",
        derivative_formula="-2 z e^(-z²)",
        f=lambda z: np.exp(-z * z),
        df=lambda z: -2.0 * (z * np.exp(-z * z)),
        log_df=lambda z: math.log(2.0) + np.log(abs(z)) - z * z,
        log_f=lambda z: -z * z,
        ends=(0.0, 0.0),
        slopes=(0.0, 0.0),
    )
