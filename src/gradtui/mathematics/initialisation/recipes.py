"""The recipes after which the weights and biases of a layer are drawn, one record each.

Glossary: n_in and n_out the units below and above a layer (fan-in, fan-out), W [n_out, n_in] its
weights, b [n_out] its biases, g the gain, σ_w and σ_b the scales of mean-field theory, χ the factor
of the gradient's mean square a layer, N(μ, v) the normal distribution of mean μ and variance v,
U(-c, c) the uniform one, of variance c²/3, Q a matrix with orthonormal columns, or rows where it
is wide.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gradtui.mathematics.activations.record import Parameter

Values = Mapping[str, float]


@dataclass(frozen=True)
class Draw:
    """How one layer is drawn.

    Attributes:
        weights: "normal", "uniform" or "orthogonal".
        scale: the standard deviation of a weight; of an orthogonal matrix, its gain.
        biases: "normal" or "uniform".
        bias_scale: the standard deviation of a bias; 0 for no biases.
    """

    weights: str
    scale: float
    biases: str = "normal"
    bias_scale: float = 0.0


@dataclass(frozen=True)
class Scheme:
    """A recipe with its parameters still free.

    Attributes:
        name: as PyTorch calls it where it has it.
        formula: the distributions in one line of text.
        source: authors, title or venue, year.
        draw: from n_in, n_out and the values of the parameters to how a layer is drawn.
        parameters: in the order in which a spec may give them without names.
        derived: the parameters that, left out, follow from the activation.
        also_called: other names, to suggest this one.
    """

    name: str
    formula: str
    source: str
    draw: Callable[[int, int, Values], Draw] = field(compare=False, repr=False)
    parameters: tuple[Parameter, ...] = ()
    derived: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()


def _recipe(
    distribution: str, std: Callable[[int, int, Values], float]
) -> Callable[[int, int, Values], Draw]:
    """Weights of that standard deviation; biases by sigma_b or sigma_b2 where there is one."""

    def draw(n_in: int, n_out: int, values: Values) -> Draw:
        sigma_b = values.get("sigma_b", math.sqrt(values.get("sigma_b2", 0.0)))
        return Draw(distribution, std(n_in, n_out, values), "normal", sigma_b)

    return draw


def _glorot(n_in: int, n_out: int, values: Values) -> float:
    return values["gain"] * math.sqrt(2.0 / (n_in + n_out))


def _he(n_in: int, n_out: int, values: Values) -> float:
    return values["gain"] / math.sqrt(n_in)


def _lecun(n_in: int, n_out: int, values: Values) -> float:
    return 1.0 / math.sqrt(n_in)


def _linear(n_in: int, n_out: int, values: Values) -> Draw:
    return Draw("uniform", 1.0 / math.sqrt(3.0 * n_in), "uniform", 1.0 / math.sqrt(3.0 * n_in))


def _by_sigma(n_in: int, n_out: int, values: Values) -> float:
    return values["sigma_w"] / math.sqrt(n_in)


def _critical(n_in: int, n_out: int, values: Values) -> float:
    return math.sqrt(values["sigma_w2"] / n_in)


def _gain_only(n_in: int, n_out: int, values: Values) -> float:
    return values["gain"]


_GAIN = Parameter("gain", 1.0, least=0.0)
_SIGMA_W, _SIGMA_B = Parameter("sigma_w", 1.0, least=0.0), Parameter("sigma_b", 0.0, least=0.0)
_SIGMA_W2, _SIGMA_B2 = Parameter("sigma_w2", 1.0, least=0.0), Parameter("sigma_b2", 0.0, least=0.0)
_GLOROT = "Glorot & Bengio, AISTATS 2010"
_HE = "He, Zhang, Ren & Sun, ICCV 2015"
_LECUN = "LeCun, Bottou, Orr & Müller, Efficient BackProp, 1998"
_POOLE = "Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli, NIPS 2016"
_SCHOENHOLZ = "Schoenholz, Gilmer, Ganguli & Sohl-Dickstein, ICLR 2017"

INITIALISATIONS: Mapping[str, Scheme] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in (
            Scheme(
                "xavier_normal",
                "W ~ N(0, 2g²/(n_in + n_out)), b = 0",
                _GLOROT,
                _recipe("normal", _glorot),
                (_GAIN,),
                ("gain",),
                ("xavier", "glorot", "glorot_normal"),
            ),
            Scheme(
                "xavier_uniform",
                "W ~ U(-c, c), c² = 6g²/(n_in + n_out), b = 0",
                _GLOROT,
                _recipe("uniform", _glorot),
                (_GAIN,),
                ("gain",),
                ("glorot_uniform",),
            ),
            Scheme(
                "kaiming_normal",
                "W ~ N(0, g²/n_in), b = 0",
                _HE,
                _recipe("normal", _he),
                (_GAIN,),
                ("gain",),
                ("kaiming", "he", "he_normal"),
            ),
            Scheme(
                "kaiming_uniform",
                "W ~ U(-c, c), c² = 3g²/n_in, b = 0",
                _HE,
                _recipe("uniform", _he),
                (_GAIN,),
                ("gain",),
                ("he_uniform",),
            ),
            Scheme(
                "lecun_normal",
                "W ~ N(0, 1/n_in), b = 0",
                _LECUN,
                _recipe("normal", _lecun),
                also_called=("lecun",),
            ),
            Scheme(
                "lecun_uniform",
                "W ~ U(-c, c), c² = 3/n_in, b = 0",
                _LECUN,
                _recipe("uniform", _lecun),
            ),
            Scheme(
                "pytorch_linear",
                "W and b ~ U(-c, c), c² = 1/n_in",
                "torch.nn.Linear.reset_parameters",
                _linear,
                also_called=("pytorch", "torch", "default", "linear"),
            ),
            Scheme(
                "orthogonal",
                "W = gQ, b ~ N(0, σb²)",
                "Saxe, McClelland & Ganguli, ICLR 2014",
                _recipe("orthogonal", _gain_only),
                (_GAIN, _SIGMA_B),
                ("gain",),
            ),
            Scheme(
                "normal",
                "W ~ N(0, σw²/n_in), b ~ N(0, σb²)",
                _POOLE,
                _recipe("normal", _by_sigma),
                (_SIGMA_W, _SIGMA_B),
                also_called=("gaussian",),
            ),
            Scheme(
                "uniform",
                "W ~ U(-c, c), c² = 3σw²/n_in, b ~ N(0, σb²)",
                _POOLE,
                _recipe("uniform", _by_sigma),
                (_SIGMA_W, _SIGMA_B),
            ),
            Scheme(
                "critical",
                "W ~ N(0, σw²/n_in), b ~ N(0, σb²), σw² such that χ = 1",
                _SCHOENHOLZ,
                _recipe("normal", _critical),
                (_SIGMA_W2, _SIGMA_B2),
                ("sigma_w2",),
                ("edge_of_chaos",),
            ),
        )
    }
)
"""Every recipe, in the order in which it is shown."""
