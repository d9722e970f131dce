"""Knobs: what is written is read back, what contradicts is refused, what is printed reproduces."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError, printable
from gradtui.mathematics.initialisation.recipes import INITIALISATIONS
from gradtui.mathematics.layer_values import LayerValues
from gradtui.views import VIEWS
from gradtui.views.knobs import KNOBS, implied
from gradtui.views.setup import MODELS, NETWORK, Loss, Setup
from gradtui.views.view import View

SPECS = (
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "leaky_relu(negative_slope=0.2)",
    "elu(alpha=1e-05)",
    "threshold(threshold=0.1, value=20)",
    "softplus",
    "gelu_tanh",
    "identity",
)
INITS = (
    "pytorch_linear",
    "kaiming_normal",
    "kaiming_normal(gain=1.5)",
    "orthogonal",
    "normal(sigma_w=1.2, sigma_b=0.1)",
    "critical(sigma_b2=0.05)",
)
numbers = st.floats(-1e100, 1e100)


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """Any setup that holds together."""
    depth = draw(st.integers(1, 12) | st.integers(1, 100_000))
    activations = tuple(draw(st.lists(st.sampled_from(SPECS), min_size=1, max_size=6, unique=True)))

    def values(spread: st.SearchStrategy[float]) -> LayerValues:
        forms = [st.builds(lambda w: LayerValues((w,)), numbers),
                 st.builds(lambda std: LayerValues(std=std), spread)]  # fmt: skip
        if depth <= 12:
            lists = st.lists(numbers, min_size=depth, max_size=depth)
            forms.append(lists.map(lambda one: LayerValues(tuple(one))))
        return draw(st.one_of(forms))

    low = draw(st.floats(-1e6, 1e6 - 1))
    # Narrower than that there are no numbers between the two to draw.
    high = draw(st.floats(low + 1e-3, 1e6))
    spreads = st.floats(0, 1e100)
    model = draw(st.sampled_from(MODELS))
    most = 6 if len(activations) == 1 else 1
    inits = tuple(draw(st.lists(st.sampled_from(INITS), min_size=1, max_size=most, unique=True)))
    limits = tuple(sorted(draw(st.tuples(st.floats(0, 10), st.floats(11, 1e3)))))
    return Setup(
        activations=activations,
        focus=draw(st.sampled_from(("", *activations))),
        depth=depth,
        weights=values(spreads),
        biases=values(spreads),
        x=draw(numbers),
        loss=draw(st.builds(Loss, numbers) | st.builds(lambda t: Loss(target=t), numbers)),
        seed=draw(st.integers(0, 2**32 - 1)),
        samples=draw(st.integers(1, 100_000)),
        threshold=draw(st.floats(1e-300, 0.999)),
        z_range=(low, high),
        z=draw(st.floats(low, high)),
        layer=draw(st.integers(1, depth)),
        model=model,
        init=inits,
        units=draw(st.integers(1, 4096)),
        batch=draw(st.integers(1, 4096)),
        networks=draw(st.integers(1, 10_000)),
        sigma_w_range=limits,
        sigma_w=draw(st.floats(*limits)),
        sigma_b_range=limits,
        sigma_b=draw(st.floats(*limits)),
        against=draw(st.sampled_from(("sigma_b", "depth"))),
    )


def reproduced(view: View, words: list[str]) -> Setup:
    """What the words of a command say, by the knobs' own flags and parsers."""
    assert words[:2] == ["gradtui", view.name]
    flags = {knob.flag: knob for knob in view.all_knobs}
    names: list[str] = []
    changes: dict[str, object] = {}
    rest = iter(words[2:])
    for word in rest:
        flag, equals, value = word.partition("=")
        if word in flags:
            value = next(rest)
            assert not value.startswith("-")  # an option parser would take it for another option
        elif not (flag in flags and equals):
            assert not changes  # the activations come first
            names.append(word)
            continue
        changes[flags[flag].name] = flags[flag].parse(value)
    return view.default_setup.with_(
        activations=KNOBS["activations"].parse(" ".join(names)), **changes
    )


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
@settings(max_examples=150)
@given(setup=setups())
def test_the_command_reproduces_exactly_this_picture(view: View, setup: Setup) -> None:
    """Every knob that counts for this setup, and its cursor."""
    if "init" in view.used(setup) and "model" not in view.knobs:
        assume(1 in (len(setup.activations), len(setup.init)))  # as for any other network
    again = reproduced(view, view.command(setup)).checked()
    for name in (*view.used(setup), *view.cursors(setup)):
        if name != "focus":
            assert getattr(again, name) == getattr(setup, name)
    assert view.focused(again) == view.focused(setup)


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
def test_the_command_of_the_defaults_is_as_short_as_can_be(view: View) -> None:
    setup = view.default_setup
    assert view.command(setup) == ["gradtui", view.name, *setup.activations]


@pytest.mark.parametrize("name", [name for name in KNOBS if name != "focus"])
@settings(max_examples=60)
@given(setup=setups())
def test_every_knob_reads_back_what_it_writes(name: str, setup: Setup) -> None:
    knob = KNOBS[name]
    assert knob.parse(knob.text(setup)) == getattr(setup, name)


def test_knobs_have_letters_and_flags_of_their_own() -> None:
    assert len({knob.letter for knob in KNOBS.values()}) == len(KNOBS)
    assert len({knob.flag for knob in KNOBS.values()}) == len(KNOBS)
    assert set(KNOBS) == set(Setup.__dataclass_fields__)


@pytest.mark.parametrize("name", list(KNOBS))
@given(text=st.text(max_size=30) | st.text("0123456789.,:-+einfa()= ", max_size=12))
def test_no_text_whatever_is_more_than_a_clear_error(name: str, text: str) -> None:
    try:
        value = KNOBS[name].parse(text)
    except InputError as caught:
        error = caught
    else:
        assert KNOBS[name].parse(KNOBS[name].format(value)) == value
        return
    assert printable(str(error)) == str(error)
    assert error.allowed
    assert error.next_step


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sigmoid", ("sigmoid",)),
        ("sigmoid tanh,relu", ("sigmoid", "tanh", "relu")),
        ("leaky_relu(0.2)", ("leaky_relu(negative_slope=0.2)",)),
        ("hardtanh(-2, 2) tanh", ("hardtanh(min_val=-2, max_val=2)", "tanh")),
        ("tanh, tanh tanh", ("tanh",)),
        (" TANH ", ("tanh",)),
    ],
)
def test_activations_are_named_with_commas_or_blanks(text: str, names: tuple[str, ...]) -> None:
    assert KNOBS["activations"].parse(text) == names


@pytest.mark.parametrize("text", ["sigmoid)", "tanh(", "(", ")", ",", "relu ) , tanh"])
def test_unbalanced_parentheses_are_an_error(text: str) -> None:
    with pytest.raises(InputError):
        KNOBS["activations"].parse(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"focus": "gelu"},
        {"layer": 51},
        {"z": 7.0},
        {"weights": LayerValues((1.0, 2.0))},
        {"biases": LayerValues((1.0, 2.0))},
        {"sigma_w": 3.5},
        {"sigma_b": 2.0},
        {"init": ("kaiming_normal", "orthogonal"), "activations": ("tanh", "relu")},
    ],
)
def test_knobs_that_contradict_one_another_are_refused(changes: dict[str, object]) -> None:
    name = next(iter(changes))
    with pytest.raises(InputError, match=name):
        Setup(depth=50).with_(**changes).checked()


def test_the_focus_is_the_chosen_one_or_the_first() -> None:
    setup = Setup(activations=("tanh", "relu"))
    assert setup.focused == "tanh"
    assert setup.with_(focus="relu").focused == "relu"
    assert setup.with_(focus="gelu").focused == "tanh"


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
def test_a_result_depends_on_the_view_s_knobs_and_not_on_its_cursor(view: View) -> None:
    setup = view.default_setup
    cursor = {"layer": 2} if view.cursor == "layer" else {"z": 2.0}
    assert view.key(setup.with_(**cursor)) == view.key(setup)
    changed = {"threshold": 0.5}
    assert view.key(setup.with_(**changed)) != view.key(setup)


@pytest.mark.parametrize(
    ("text", "inits"),
    [
        ("he_normal, orthogonal", None),
        ("kaiming_normal orthogonal", ("kaiming_normal", "orthogonal")),
        ("normal(1.5, 0.1), critical", ("normal(sigma_w=1.5, sigma_b=0.1)", "critical")),
    ],
)
def test_initialisations_are_named_as_activations_are(
    text: str, inits: tuple[str, ...] | None
) -> None:
    if inits is None:
        with pytest.raises(InputError, match="did you mean kaiming_normal"):
            KNOBS["init"].parse(text)
    else:
        assert KNOBS["init"].parse(text) == inits


def test_the_recipes_are_walked_through_one_by_one_and_round() -> None:
    knob = KNOBS["init"]
    value = first = ("xavier_normal",)
    seen = []
    while not seen or value != first:
        seen.append(value)
        value = knob.step(value, 1)
    assert len(seen) == len(INITIALISATIONS)
    assert knob.step(first, -1) == seen[-1]


def test_what_only_a_network_has_asks_for_a_network() -> None:
    assert implied(Setup(), "init", ("orthogonal",)) == {"model": NETWORK}
    assert implied(Setup(), "weights", LayerValues((1.0, 2.0))) == {"depth": 2}
    assert implied(Setup(), "depth", 5) == {}


def test_a_sigma_beyond_the_map_widens_the_map() -> None:
    assert implied(Setup(), "sigma_b", 2.0) == {"sigma_b_range": (0.0, 2.0)}
    assert implied(Setup(sigma_w_range=(1.0, 2.0)), "sigma_w", 0.5) == {"sigma_w_range": (0.5, 2.0)}
    assert implied(Setup(), "sigma_w", 2.9) == {}


@pytest.mark.parametrize("name", ["decay", "layers", "spectrum"])
def test_what_a_result_has_of_every_subject_is_not_computed_again_for_another(name: str) -> None:
    setup = VIEWS[name].default_setup.with_(activations=("tanh", "relu"))
    assert VIEWS[name].key(setup.with_(focus="relu")) == VIEWS[name].key(setup)
