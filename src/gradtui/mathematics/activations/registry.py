"""Every activation by name.

An activation is declared in one place, in the table of its kind (`sigmoidal`, `rectifiers`,
`gates`); a new one appears here, and in all that reads `ACTIVATIONS`, by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.errors import InputError
from gradtui.mathematics.activations import gates, rectifiers, sigmoidal
from gradtui.mathematics.activations.record import Activation, Family
from gradtui.mathematics.formula_text import is_formula
from gradtui.mathematics.spec import lookup, parse_spec

_FIRST = (
    *("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu"),
    *("gelu", "silu", "mish", "softplus", "identity"),
)


def _families() -> dict[str, Family]:
    """What the tables declare, those that a learner meets first in front."""
    declared = {
        entry.name: entry
        for table in (sigmoidal, rectifiers, gates)
        for entry in vars(table).values()
        if isinstance(entry, Family)
    }
    return {name: declared[name] for name in (*_FIRST, *declared)}


_FAMILIES = _families()

ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {name: family.bound({}) for name, family in _FAMILIES.items()}
)
"""Every activation with its default parameters, in the order in which they are shown."""


def activation(spec: str | Activation, **parameters: float) -> Activation:
    """The activation that `spec` names, with the parameters it gives.

    Args:
        spec: "tanh", "leaky_relu(0.2)", "leaky_relu(negative_slope=0.2)", a formula of z such as
            "z*sigmoid(beta*z), beta=1.5", or an activation.
        **parameters: values by name; they override those in `spec`.

    Raises:
        InputError: for an unknown name or parameter, a value out of its range, or a formula that
            cannot be read or has no number somewhere.
    """
    if isinstance(spec, Activation):
        return spec.family.bound({**spec.parameters, **parameters}) if parameters else spec
    if not isinstance(spec, str):
        raise InputError("activation", spec, "the name of one", "for example tanh")
    if is_formula(spec):
        from gradtui.mathematics.activations.formula.definition import from_formula

        return activation(from_formula(spec), **parameters)
    parsed = parse_spec("activation", spec)
    family = lookup(
        "activation", "activation", parsed.name, _FAMILIES,
        always="{ACTIVATIONS} shows all of them",
        otherwise="try sigmoid, tanh or relu;",
    )  # fmt: skip
    names = tuple(parameter.name for parameter in family.parameters)
    return family.bound({**parsed.values(f"{family.name} parameter", names), **parameters})
