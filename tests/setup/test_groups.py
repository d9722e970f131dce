"""A setup: its groups of knobs, what a model depends on, what one knob brings with it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import gradtui
from gradtui.errors import InputError
from gradtui.mathematics.layer_values import LayerValues
from gradtui.setup import CHOICE, CURSORS, KNOBS, Setup, groups_of, implied
from gradtui.setup.setup import Shared
from support.setups import setups

SHARED = {field.name for field in dataclasses.fields(Shared)}


# ---------------------------------------------------------------- the flat names


@settings(max_examples=60)
@given(setup=setups())
def test_a_setup_is_made_of_flat_names_wherever_their_fields_stand(setup: Setup) -> None:
    values = {name: knob.of(setup) for name, knob in KNOBS.items()}
    assert Setup.of(**values) == setup
    assert Setup().with_(**values) == setup
    assert setup.with_() == setup


@pytest.mark.parametrize("name", KNOBS)
def test_a_change_changes_one_knob_and_no_other(name: str) -> None:
    value = object()
    changed = Setup().with_(**{name: value})
    for each, knob in KNOBS.items():
        assert knob.of(changed) is value if each == name else knob.of(changed) == knob.of(Setup())


@pytest.mark.parametrize("name", ["unit", "chain", "network", "Depth", ""])
def test_a_name_that_is_no_knob_is_no_change(name: str) -> None:
    with pytest.raises(KeyError, match=repr(name)):
        Setup().with_(**{name: 1})
    with pytest.raises(KeyError, match=repr(name)):
        Setup.of(**{name: 1})


def test_a_field_is_reached_by_its_group_and_typed() -> None:
    setup = Setup.of(units=7, weights=LayerValues((2.0,)), z_range=(-1.0, 1.0), sigma_w=0.5)
    assert setup.network.units == 7
    assert setup.chain.weights == LayerValues((2.0,))
    assert setup.slope.z_range == (-1.0, 1.0)
    assert setup.plane.sigma_w == 0.5
    with pytest.raises(AttributeError):
        setup.units  # type: ignore[attr-defined]  # noqa: B018


def test_a_type_checker_knows_what_every_field_is(tmp_path: Path) -> None:
    """mypy, strict: right uses pass, and each wrong one is found."""
    pytest.importorskip("mypy", reason="mypy is not installed: pip install 'gradtui[test]'")
    right = (
        "from gradtui.setup import Loss, Setup\n"
        "s = Setup()\n"
        "a: int = s.network.networks\n"
        "b: tuple[str, ...] = s.network.init\n"
        "c: Loss = s.chain.loss\n"
        "d: tuple[float, float] = s.slope.z_range\n"
        "e: float = s.plane.sigma_w\n"
        "f: int = s.depth\n"
    )
    wrong = (
        "s.units\ng: int = s.network.units\ns.network.unit\nh: int = s.chain.loss\ns.depth = 3\n"
    )
    file = tmp_path / "use.py"
    file.write_text(right + wrong, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--follow-imports=silent",
         "--cache-dir", str(tmp_path / "cache"), str(file)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"MYPYPATH": str(Path(gradtui.__file__).parents[1]), "PATH": ""},
        check=False,
        timeout=300,
    )  # fmt: skip
    found = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    first = right.count("\n") + 1
    assert found == {*range(first, first + 5)}, done.stdout + done.stderr


# ------------------------------------------------------- what a model depends on


@pytest.mark.parametrize("family", CHOICE)
@settings(max_examples=100)
@given(setup=setups(), another=setups())
def test_a_model_depends_on_what_is_shared_and_on_its_own_group_alone(
    family: str, setup: Setup, another: Setup
) -> None:
    """Whatever else is chosen: the focus, the cursors, the knobs of other models and of views."""
    outside = {
        name: knob.of(another)
        for name, knob in KNOBS.items()
        if name not in SHARED and knob.group != family
    }
    assert {"focus", "model", *CURSORS} <= set(outside)
    kept = setup.of_family(family)
    assert setup.with_(**outside).of_family(family) == kept
    assert hash(setup.with_(**outside).of_family(family)) == hash(kept)
    assert kept.model == family
    assert kept.of_family(family) == kept
    for name, knob in KNOBS.items():
        if name in SHARED or knob.group == family:
            assert knob.of(kept) == knob.of(setup)
            changed = setup.with_(**{name: knob.of(another)}).of_family(family)
            assert (changed == kept) == (knob.of(another) == knob.of(setup))
        elif name != "model":
            assert knob.of(kept) == knob.of(Setup())


# -------------------------------------------------- what one knob brings with it


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_of_a_family_switches_to_it_and_no_other_knob_does(name: str) -> None:
    knob = KNOBS[name]
    for family in CHOICE:
        setup = Setup.of(model=family)
        brought = implied(setup, name, knob.of(setup))
        switches = knob.group in CHOICE and knob.group not in groups_of(family)
        assert brought.get("model") == (knob.group if switches else None)


def test_every_family_has_knobs_that_switch_to_it() -> None:
    assert {knob.group for knob in KNOBS.values()} >= set(CHOICE)


def test_what_only_a_network_has_asks_for_a_network() -> None:
    assert implied(Setup(), "init", ("orthogonal",)) == {"model": "network"}
    network = Setup.of(model="network")
    assert implied(network, "weights", LayerValues((1.0, 2.0))) == {"depth": 2, "model": "chain"}
    assert implied(network, "weights", LayerValues((1.0,))) == {"model": "chain"}
    assert implied(Setup(), "weights", LayerValues((1.0, 2.0))) == {"depth": 2}
    assert implied(Setup(), "depth", 5) == {}


def test_a_sigma_beyond_the_map_widens_the_map() -> None:
    assert implied(Setup.of(sigma_b_range=(0.0, 1.5)), "sigma_b", 2.0) == {
        "sigma_b_range": (0.0, 2.0)
    }
    assert implied(Setup.of(sigma_w_range=(1.0, 2.0)), "sigma_w", 0.5) == {
        "sigma_w_range": (0.5, 2.0)
    }
    assert implied(Setup.of(sigma_w_range=(1.0, 3.0)), "sigma_w", 2.9) == {}
    assert implied(Setup(), "sigma_w", 900.0) == {}  # auto: the view holds it
    assert implied(Setup(), "z", 99.0) == {}  # this cursor is refused outside, as ever


# --------------------------------------------------------------- contradictions


@pytest.mark.parametrize(
    "changes",
    [
        {"focus": "gelu"},
        {"layer": 51},
        {"z": 7.0},
        {"weights": LayerValues((1.0, 2.0))},
        {"biases": LayerValues((1.0, 2.0))},
        {"sigma_w": 3.5, "sigma_w_range": (0.0, 3.0)},
        {"sigma_b": 2.0, "sigma_b_range": (0.0, 1.5)},
        {"init": ("kaiming_normal", "orthogonal"), "activations": ("tanh", "relu")},
    ],
)
def test_knobs_that_contradict_one_another_are_refused(changes: dict[str, Any]) -> None:
    name = next(iter(changes))
    with pytest.raises(InputError, match=name):
        Setup.of(depth=50).with_(**changes).checked()


@given(setup=setups())
def test_what_holds_together_is_accepted_as_it_is(setup: Setup) -> None:
    assert setup.checked() == setup.clamped() == setup


@settings(max_examples=100)
@given(setup=setups(), another=setups())
def test_cursors_are_brought_inside_what_they_walk_over(setup: Setup, another: Setup) -> None:
    astray = setup.with_(**{name: KNOBS[name].of(another) for name in CURSORS})
    inside = astray.clamped().checked()
    for name, knob in KNOBS.items():
        if name not in CURSORS:
            assert knob.of(inside) == knob.of(setup)


def test_the_focus_is_the_chosen_one_or_the_first() -> None:
    setup = Setup.of(activations=("tanh", "relu"))
    assert setup.focused == "tanh"
    assert setup.with_(focus="relu").focused == "relu"
    assert setup.with_(focus="gelu").focused == "tanh"


def test_a_narrow_range_is_told_in_digits_that_tell_its_ends_apart() -> None:
    narrow = Setup.of(sigma_w=0.0, sigma_w_range=(1.0, 1.00000001))
    with pytest.raises(InputError) as caught:
        narrow.checked()
    assert "inside the range 1 to 1.00000001" in str(caught.value)
    wide = Setup.of(z=7.0, z_range=(-1e6, 2.5))
    with pytest.raises(InputError, match=r"inside the range -1e\+06 to 2\.5"):
        wide.checked()
