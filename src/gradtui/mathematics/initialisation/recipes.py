"""The recipes after which the weights and biases of a layer are drawn, one record each.

A recipe is what the framework's call of that name does, and its parameters are that call's.

Glossary: n_in and n_out the units below and above a layer (fan-in, fan-out), W [n_out, n_in] its
weights, b [n_out] its biases, g the gain, σ_w and σ_b the scales of mean-field theory, χ the factor
of the gradient's mean square a layer, N(μ, v) the normal distribution of mean μ and variance v,
that is truncated cut off at two standard deviations and widened to have the variance v, U(-c, c)
the uniform one, of variance c²/3, Q a matrix with orthonormal columns, or rows where it is wide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from gradtui.mathematics.activations.record import Parameter
from gradtui.mathematics.initialisation.parameters import LARGEST, SMALLEST, Size, Word
from gradtui.mathematics.spec import Value

Values: TypeAlias = Mapping[str, Value]

TRUNCATED_STD = 0.87962566103423978
"""The standard deviation of a standard normal number that is cut off at ±2."""


class Fans(NamedTuple):
    """Where a layer stands: the units below and above it, and whether it is the first."""

    n_in: int
    n_out: int
    first: bool = False


@dataclass(frozen=True)
class Draw:
    """How one layer is drawn.

    Attributes:
        weights: "normal", "truncated" (at two standard deviations of what is cut), "uniform" or
            "orthogonal".
        scale: the standard deviation of a weight; of an orthogonal matrix, its gain.
        biases: "normal" or "uniform".
        bias_scale: the standard deviation of a bias; 0 for no biases.
    """

    weights: str
    scale: float
    biases: str = "normal"
    bias_scale: float = 0.0

    def sigma_w2(self, fans: Fans) -> float:
        """σ_w² = n_in Var(W_ij), the factor of a mean square on its way up and of ‖g‖² down."""
        return fans.n_in / _terms(self.weights, fans) * self.scale**2

    def with_weights(self, weights: str, fans: Fans) -> Draw:
        """The same σ_w² and σ_b² by weights of another kind, and normal biases."""
        scale = math.sqrt(_terms(weights, fans) / fans.n_in * self.sigma_w2(fans))
        return Draw(weights, scale, "normal", self.bias_scale)


def _terms(weights: str, fans: Fans) -> int:
    """Over so many weights the square of a scale is spread."""
    return max(fans.n_in, fans.n_out) if weights == "orthogonal" else 1


@dataclass(frozen=True)
class Scheme:
    """A recipe with its parameters still free.

    Attributes:
        name: as PyTorch calls it, else as Keras and JAX do.
        formula: the distributions in one line of text.
        source: authors, title or venue, year.
        draw: from a layer's fans and the values of the parameters to how it is drawn.
        parameters: in the order in which a spec may give them without names.
        derived: the parameters that, left out, follow from the activation.
        excludes: pairs of parameters of which only one can be given.
        also_called: other names of the very same.
        meant_by: names that may mean it, to suggest it.
    """

    name: str
    formula: str
    source: str
    draw: Callable[[Fans, Values], Draw] = field(compare=False, repr=False)
    parameters: tuple[Parameter | Word, ...] = ()
    derived: tuple[str, ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()
    also_called: tuple[str, ...] = ()
    meant_by: tuple[str, ...] = ()


ROOT_2 = math.sqrt(2.0)
_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3.0, "relu": ROOT_2, "selu": 0.75}
NONLINEARITIES = (*_GAINS, "leaky_relu")
"""What `torch.nn.init.calculate_gain` knows by name, its convolutions aside, which are linear."""


def calculate_gain(nonlinearity: str, a: float = 0.01) -> float:
    """What `torch.nn.init.calculate_gain` recommends: √(2/(1 + a²)) for a leaky ReLU of slope a."""
    return ROOT_2 / math.hypot(1.0, a) if nonlinearity == "leaky_relu" else _GAINS[nonlinearity]


# ------------------------------------------------------------- standard deviations


def _real(values: Values, name: str) -> float:
    return float(values[name])


def _recipe(
    distribution: str, std: Callable[[Fans, Values], float]
) -> Callable[[Fans, Values], Draw]:
    """Weights of that standard deviation; biases by sigma_b or sigma_b2 where there is one."""

    def draw(fans: Fans, values: Values) -> Draw:
        sigma_b = values.get("sigma_b", math.sqrt(float(values.get("sigma_b2", 0.0))))
        return Draw(distribution, std(fans, values), "normal", float(sigma_b))

    return draw


def _scaled(gain: float, mode: str) -> Callable[[Fans, Values], float]:
    """A gain over the root of a fan."""
    return lambda fans, values: gain / math.sqrt(_fan(fans, mode))


def _fan(fans: Fans, mode: str) -> float:
    """The n that a variance is divided by."""
    n_in, n_out, _ = fans
    return {"fan_in": n_in, "fan_out": n_out, "fan_avg": 0.5 * (n_in + n_out)}[mode]


def _xavier(fans: Fans, values: Values) -> float:
    return _real(values, "gain") / math.sqrt(_fan(fans, "fan_avg"))


def _kaiming(fans: Fans, values: Values) -> float:
    gain = _real(values, "gain")
    if gain == ROOT_2:  # as it is unless it was given, and then the others are not
        gain = calculate_gain(str(values["nonlinearity"]), _real(values, "a"))
    return gain / math.sqrt(_fan(fans, str(values["mode"])))


def _by_sigma(fans: Fans, values: Values) -> float:
    if "std" in values:
        return _real(values, "std")
    if "bound" in values:
        return _real(values, "bound") / math.sqrt(3.0)
    return _real(values, "sigma_w") / math.sqrt(fans.n_in)


def _variance_scaling(fans: Fans, values: Values) -> Draw:
    std = math.sqrt(_real(values, "scale") / _fan(fans, str(values["mode"])))
    return Draw(_DISTRIBUTIONS[str(values["distribution"])], std)


def _linear(fans: Fans, values: Values) -> Draw:
    std = 1.0 / math.sqrt(3.0 * fans.n_in)
    return Draw("uniform", std, "uniform", std)


def _siren(fans: Fans, values: Values) -> Draw:
    """Of the first layer, z = Wx + b goes through sin(ωz) with W as it is: ω is not divided out."""
    n_in = fans.n_in
    bound = 1.0 / n_in if fans.first else math.sqrt(6.0 / n_in) / _real(values, "omega")
    return Draw("uniform", bound / math.sqrt(3.0), "uniform", 1.0 / math.sqrt(3.0 * n_in))


# --------------------------------------------------------------------- the recipes

_GAIN = Size("gain", 1.0)
_KAIMING = (
    Parameter("a", 0.0, least=-LARGEST, most=LARGEST),
    Word("mode", "fan_in", ("fan_in", "fan_out")),
    Word("nonlinearity", "leaky_relu", NONLINEARITIES, ", which are all that PyTorch has"),
    Size("gain", ROOT_2),
)
_ONE_GAIN = (("gain", "nonlinearity"), ("gain", "a"))
_SIGMA_W, _SIGMA_B = Size("sigma_w", 1.0), Size("sigma_b", 0.0)
_STD = Size("std", 0.02, most=1e-2 * LARGEST, optional=True, also_called=("stddev",))
_BOUND = Size("bound", 0.05, most=1e-2 * LARGEST, optional=True)
_MEAN = Size("mean", 0.0, only_zero=True)
_GLOROT = "Glorot & Bengio, AISTATS 2010"
_HE = "He, Zhang, Ren & Sun, ICCV 2015"
_LECUN = "LeCun, Bottou, Orr & Müller, Efficient BackProp, 1998"
_POOLE = "Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli, NIPS 2016"
_SCHOENHOLZ = "Schoenholz, Gilmer, Ganguli & Sohl-Dickstein, ICLR 2017"
_DISTRIBUTIONS = {
    "truncated_normal": "truncated",
    "untruncated_normal": "normal",
    "uniform": "uniform",
}


_PYTORCH = (
    Scheme(
        "xavier_normal",
        "W ~ N(0, 2g²/(n_in + n_out)), g = 1, b = 0",
        _GLOROT,
        _recipe("normal", _xavier),
        (_GAIN,),
        also_called=("xavier_normal_",),
        meant_by=("xavier",),
    ),
    Scheme(
        "xavier_uniform",
        "W ~ U(-c, c), c² = 6g²/(n_in + n_out), g = 1, b = 0",
        _GLOROT,
        _recipe("uniform", _xavier),
        (_GAIN,),
        also_called=("xavier_uniform_",),
        meant_by=("xavier",),
    ),
    Scheme(
        "kaiming_normal",
        "W ~ N(0, g²/n_in), g = √2, b = 0",
        _HE,
        _recipe("normal", _kaiming),
        _KAIMING,
        excludes=_ONE_GAIN,
        also_called=("kaiming_normal_",),
        meant_by=("kaiming", "he"),
    ),
    Scheme(
        "kaiming_uniform",
        "W ~ U(-c, c), c² = 3g²/n_in, g = √2, b = 0",
        _HE,
        _recipe("uniform", _kaiming),
        _KAIMING,
        excludes=_ONE_GAIN,
        also_called=("kaiming_uniform_",),
        meant_by=("kaiming",),
    ),
    Scheme(
        "pytorch_linear",
        "W and b ~ U(-c, c), c² = 1/n_in",
        "torch.nn.Linear.reset_parameters",
        _linear,
        meant_by=("pytorch", "torch", "default", "linear"),
    ),
    Scheme(
        "orthogonal",
        "W = gQ, g = 1, b ~ N(0, σb²)",
        "Saxe, McClelland & Ganguli, ICLR 2014",
        _recipe("orthogonal", lambda fans, values: _real(values, "gain")),
        (Size("gain", 1.0, also_called=("scale",)), _SIGMA_B),
        also_called=("orthogonal_", "orthogonal_initializer"),
    ),
)

_KERAS_AND_JAX = (
    Scheme(
        "he_normal",
        "W ~ N(0, 2/n_in) truncated, b = 0",
        _HE,
        _recipe("truncated", _scaled(ROOT_2, "fan_in")),
        meant_by=("he",),
    ),
    Scheme(
        "he_uniform",
        "W ~ U(-c, c), c² = 6/n_in, b = 0",
        _HE,
        _recipe("uniform", _scaled(ROOT_2, "fan_in")),
        meant_by=("he",),
    ),
    Scheme(
        "glorot_normal",
        "W ~ N(0, 2/(n_in + n_out)) truncated, b = 0",
        _GLOROT,
        _recipe("truncated", _scaled(1.0, "fan_avg")),
        meant_by=("glorot",),
    ),
    Scheme(
        "glorot_uniform",
        "W ~ U(-c, c), c² = 6/(n_in + n_out), b = 0",
        _GLOROT,
        _recipe("uniform", _scaled(1.0, "fan_avg")),
        meant_by=("glorot", "keras"),
    ),
    Scheme(
        "lecun_normal",
        "W ~ N(0, 1/n_in) truncated, b = 0",
        _LECUN,
        _recipe("truncated", _scaled(1.0, "fan_in")),
        meant_by=("lecun", "flax", "jax"),
    ),
    Scheme(
        "lecun_uniform",
        "W ~ U(-c, c), c² = 3/n_in, b = 0",
        _LECUN,
        _recipe("uniform", _scaled(1.0, "fan_in")),
        meant_by=("lecun",),
    ),
    Scheme(
        "variance_scaling",
        "W ~ N(0, scale/n) truncated, n = n_in by mode, b = 0",
        "keras.initializers.VarianceScaling, jax.nn.initializers.variance_scaling",
        _variance_scaling,
        (
            Size("scale", 1.0, least=SMALLEST**2, most=LARGEST**2),
            Word("mode", "fan_in", ("fan_in", "fan_out", "fan_avg")),
            Word("distribution", "truncated_normal", tuple(_DISTRIBUTIONS)),
        ),
    ),
    Scheme(
        "truncated_normal",
        "W ~ N(0, std²) cut off at 2 std, std = 0.05, b = 0",
        "keras.initializers.TruncatedNormal, jax.nn.initializers.truncated_normal",
        _recipe("truncated", lambda fans, values: TRUNCATED_STD * _real(values, "std")),
        (Size("std", 0.05, most=1e-2 * LARGEST, also_called=("stddev",)), _MEAN),
        meant_by=("trunc_normal", "trunc_normal_"),
    ),
)

_THEORY = (
    Scheme(
        "normal",
        "W ~ N(0, σw²/n_in), σw = 1, or N(0, std²), b ~ N(0, σb²)",
        _POOLE,
        _recipe("normal", _by_sigma),
        (_SIGMA_W, _SIGMA_B, _STD, _MEAN),
        excludes=(("sigma_w", "std"),),
        also_called=("gaussian",),
        meant_by=("normal_", "random_normal"),
    ),
    Scheme(
        "uniform",
        "W ~ U(-c, c), c² = 3σw²/n_in, σw = 1, or c = bound, b ~ N(0, σb²)",
        _POOLE,
        _recipe("uniform", _by_sigma),
        (_SIGMA_W, _SIGMA_B, _BOUND, _STD),
        excludes=(("sigma_w", "bound"), ("sigma_w", "std"), ("bound", "std")),
        meant_by=("uniform_", "random_uniform"),
    ),
    Scheme(
        "critical",
        "W ~ N(0, σw²/n_in), b ~ N(0, σb²), σw² such that χ = 1",
        _SCHOENHOLZ,
        _recipe("normal", lambda fans, values: math.sqrt(_real(values, "sigma_w2") / fans.n_in)),
        (
            Size("sigma_w2", 1.0, least=SMALLEST**2, most=LARGEST**2),
            Size("sigma_b2", 0.0, least=SMALLEST**2, most=LARGEST**2),
        ),
        ("sigma_w2",),
        also_called=("edge_of_chaos",),
    ),
    Scheme(
        "siren",
        "W ~ U(-c, c), c² = 6/n_in/ω², in layer 1 c = 1/n_in; b ~ U(±1/√n_in)",
        "Sitzmann et al., Implicit Neural Representations (SIREN), NeurIPS 2020",
        _siren,
        (Parameter("omega", 30.0, least=1e-3, most=1e6),),
    ),
)

INITIALISATIONS: Mapping[str, Scheme] = MappingProxyType(
    {scheme.name: scheme for scheme in (*_PYTORCH, *_KERAS_AND_JAX, *_THEORY)}
)
"""Every recipe, in the order in which it is shown."""
