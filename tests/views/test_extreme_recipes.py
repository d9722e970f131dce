"""Every finite parameter of every recipe, through every view that draws networks.

It gives a result that holds together, or an `InputError` that says what is allowed.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import Parameter
from gradtui.mathematics.initialisation import INITIALISATIONS
from gradtui.progress import unwatched
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.view import Size

PARAMETERS = [
    (scheme.name, parameter)
    for scheme in INITIALISATIONS.values()
    for parameter in scheme.parameters
]
NUMBERS = [(name, p) for name, p in PARAMETERS if isinstance(p, Parameter)]
EXTREMES = [0.0, 5e-324, 1e-310, 1e-160, 1e-80, 1e-50, 1e10, 1.35e154, 1.7976931348623157e308]
values = st.sampled_from(EXTREMES) | st.floats(0.0, allow_infinity=False)


def spec_of(name: str, parameter: str, value: float) -> str:
    return f"{name}({parameter}={value!r})"


def refusal(text: str) -> InputError | None:
    """Why a recipe is refused, if it is."""
    try:
        KNOBS["init"].parse(text)
    except InputError as error:
        return error
    return None


def shown(view: str, setup: Setup) -> None:
    """Run a view and take from it all that a user sees; no number in it is none."""
    record = VIEWS[view]
    try:
        *_, result = record.results(setup.checked(), unwatched)
    except InputError:
        return  # as such it says what is allowed
    record.draw(result, setup, Size(60, 14), "braille")
    record.readout(result, setup, 60)
    finding = record.finding(result, setup.activations[0])
    assert finding is None or "nan" not in finding.text
    rows = record.table(result)
    assert not any(isinstance(v, float) and math.isnan(v) for row in rows for v in row.values())


@pytest.mark.parametrize(("name", "parameter"), NUMBERS)
@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(
    value=values,
    view=st.sampled_from(["decay", "layers", "spectrum", "init"]),
    activation=st.sampled_from(["tanh", "relu", "gelu", "sin(omega=30)"]),
    x=st.sampled_from([1.0, 0.0, 1e-100, 1e77, -1e100]),
    units=st.sampled_from([3, (3, 1, 5, 2, 4)]),
)
def test_every_finite_parameter_of_every_recipe_gives_a_result_or_what_is_allowed(
    name: str,
    parameter: Parameter,
    value: float,
    view: str,
    activation: str,
    x: float,
    units: int | tuple[int, ...],
) -> None:
    text = spec_of(name, parameter.name, value)
    if error := refusal(text):
        assert error.field == f"{name} {parameter.name}"
        assert " to " in error.allowed or "only mean" in error.allowed
    else:
        (init,) = KNOBS["init"].parse(text)
        setup = Setup.of(
            model="network", activations=(activation,), init=(init,), x=x, units=units,
            depth=4, batch=2, networks=2,
        )  # fmt: skip
        shown(view, setup)
