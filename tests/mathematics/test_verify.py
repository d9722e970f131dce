"""`verify`: all holds as it is, what is shipped is what the script makes, and errors are caught.

A wrong engine is swapped in, one at a time: each has to fail in its group, and where it is wrong.
"""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui import Residual
from gradtui.mathematics import verify
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.activations.record import Activation, Definition
from gradtui.mathematics.blocks import norms
from gradtui.mathematics.chain import Chain
from gradtui.mathematics.verify import (
    GROUPS,
    blocks,
    checks,
    mean_field,
    networks,
    time,
)
from gradtui.mathematics.verify.check import Check, Pair, by_distance, by_size, worst
from gradtui.mathematics.verify.shipped import FOLDER, shipped
from gradtui.mathematics.wide.moments import expectations

SCRIPT = Path(__file__).parent.parent / "references" / "verify.py"


# ------------------------------------------------------------------ as it is


def test_every_check_holds_here() -> None:
    found = list(checks())
    assert [check for check in found if not check.ok] == []
    assert list(dict.fromkeys(check.group for check in found)) == list(GROUPS)
    assert len(found) > 300


def test_the_share_that_is_done_grows_to_one() -> None:
    told: list[float] = []
    list(checks(("chains", "blocks"), told.append))
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert len(told) > 10


# ------------------------------------------------------------ what is shipped


def test_every_activation_is_there_with_its_parameters_and_with_others() -> None:
    table = shipped("activations")
    specs = {activation(spec).spec: activation(spec) for spec in table}
    for name, f in ACTIVATIONS.items():
        assert name in specs
        others = [one for one in specs.values() if one.name == name and one.spec != name]
        assert bool(others) == bool(f.parameters), name
    for name in ACTIVATIONS:
        assert name in shipped("mean_field")["activations"]


def test_every_activation_is_looked_at_in_each_regime() -> None:
    for spec, regimes in shipped("activations").items():
        assert {"near 0", "moderate", "tails"} <= set(regimes), spec
        f = activation(spec)
        at_kinks = {kink.at for kink in f.kinks}
        assert at_kinks <= set(regimes.get("kinks", {"z": []})["z"]), spec
        logs = [
            float(log)
            for columns in regimes.values()
            for log in columns["log_abs_derivative"]
            if log is not None
        ]
        z = np.array([-13000.0, -2000.0, -800.0, 800.0, 2000.0, 13000.0])
        if np.any((f.derivative(z) == 0.0) & np.isfinite(f.log_abs_derivative(z))):
            assert min(logs) < -745.0, f"{spec}: f′ never underflows"


def test_fifty_digits_are_fifty() -> None:
    for spec in ("tanh", "gelu", "mish"):
        columns = shipped("activations")[spec]["moderate"]
        for key in ("f", "derivative", "log_abs_derivative"):
            for text in columns[key]:
                # The last ones may be zeros, which are not written.
                assert 48 <= len(text.split("e")[0].strip("-0.").replace(".", "")) <= 50


def test_the_script_knows_nothing_of_the_engine() -> None:
    for name in ("verify", "activations", "chain", "mean_field"):
        tree = ast.parse(SCRIPT.with_name(f"{name}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            imported = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in imported:
                top = module.split(".")[0]
                beside = SCRIPT.with_name(f"{top}.py").exists()
                assert beside or top == "mpmath" or top in sys.stdlib_module_names, module


def assert_as_made(*groups: str) -> None:
    done = subprocess.run(
        [sys.executable, "-B", str(SCRIPT), "--check", *groups],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_activations_are_those_that_the_script_makes() -> None:
    assert_as_made("activations")


@pytest.mark.heavy
@pytest.mark.parametrize("group", ["chains", "networks", "mean_field", "time", "blocks"])
def test_the_rest_is_what_the_script_makes(group: str) -> None:
    assert_as_made(group)


def test_a_file_for_each_group_and_no_other() -> None:
    names = {file.stem for file in FOLDER.iterdir()}
    assert names == {group.replace(" ", "_") for group in GROUPS}
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 250_000


# ------------------------------------------------------------------ one check


def test_an_error_is_exact_below_what_float64_tells_apart() -> None:
    tenth = by_size("", "0.1", 0.1, 1e-14)
    assert tenth.error == pytest.approx(5.551115123125783e-17, rel=1e-12)  # of the float 0.1
    gap = by_distance("", "-6483.956563067094", -6483.956563067094, 1e-10)
    assert 0.0 < gap.error < 1e-12


@pytest.mark.parametrize("got", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_holds(got: float) -> None:
    for pair in (by_size("", "1", got, 1.0), by_distance("", "1", got, 1.0)):
        assert not worst("chains", "", [pair], "").ok


@pytest.mark.parametrize(
    ("expected", "got", "holds"),
    [
        ("0", 0.0, True),
        ("0", 1e-300, False),
        ("1e-5000", 0.0, True),
        ("1e-5000", 2e-308, True),
        ("1e-5000", -2e-308, False),
        ("1e-5000", 1e-300, False),
        ("3e-308", 3e-308, True),
        ("3e-308", 0.0, False),
        ("-2.5", 2.5, False),
    ],
)
def test_near_the_smallest_numbers(expected: str, got: float, holds: bool) -> None:
    assert worst("chains", "", [by_size("", expected, got, 1e-14)], "").ok == holds


def test_the_worst_of_several_is_told_even_if_it_is_no_number() -> None:
    pairs = [Pair(" a", "1", 1.0, 0.5, 1.0), Pair(" b", "1", 1.0, math.nan, 1.0)]
    found = worst("time", "x", pairs, "s")
    assert (found.what, found.ok) == ("x b", False)
    assert not replace(found, error=math.nextafter(1.0, 2.0)).ok
    assert replace(found, error=1.0).ok


# ------------------------------------------------------------- wrong activations

Formula = Callable[[Any], Any]


@pytest.fixture
def defined() -> Iterator[Callable[[str, Callable[[Definition], Definition]], None]]:
    """Puts another definition in the place of an activation's."""
    kept: list[tuple[Any, Any]] = []

    def swap(name: str, wrong: Callable[[Definition], Definition]) -> None:
        family = ACTIVATIONS[name].family
        right = family.define
        kept.append((family, right))
        object.__setattr__(family, "define", lambda **values: wrong(right(**values)))

    yield swap
    for family, right in kept:
        object.__setattr__(family, "define", right)


def failures(group: str) -> list[Check]:
    return [check for check in checks((group,)) if not check.ok]


def erf(z: Any) -> Any:
    from scipy.special import erf as of

    return of(z)


WRONG_ACTIVATIONS: dict[str, tuple[str, Callable[[Definition], Definition], str]] = {
    "a wrong sign in a derivative": (
        "gaussian", lambda d: replace(d, df=lambda z: 2.0 * z * np.exp(-z * z)), "f′",
    ),
    "a tail by 1 - tanh²": ("tanh", lambda d: replace(d, df=lambda z: 1.0 - np.tanh(z) ** 2), "f′"),
    "a logarithm of what underflowed": (
        "silu", lambda d: replace(d, log_df=lambda z: np.log(np.abs(d.df(z)))), "ln|f′|",
    ),
    "GELU by 1 + erf": (
        "gelu", lambda d: replace(d, f=lambda z: 0.5 * z * (1.0 + erf(z / math.sqrt(2.0)))), "f",
    ),
    "a kink that takes the other side": (
        "relu", lambda d: replace(d, df=lambda z: np.where(z >= 0.0, 1.0, 0.0)), "f′",
    ),
    "a slope of 0.01 whatever is asked for": (
        "leaky_relu", lambda d: replace(d, df=lambda z: np.where(z > 0.0, 1.0, 0.01)), "f′",
    ),
    "f in float32": (
        "softsign",
        lambda d: replace(
            d, f=lambda z: np.asarray(z, np.float32).astype(float) / (1.0 + np.abs(z))
        ),
        "f",
    ),
    "an approximate constant": ("erf", lambda d: replace(
        d, df=lambda z: 1.1283791670955 * np.exp(-z * z)), "f′"),
}  # fmt: skip


@pytest.mark.parametrize("error", WRONG_ACTIVATIONS)
def test_a_wrong_activation_is_caught_there_and_only_there(
    error: str, defined: Callable[[str, Callable[[Definition], Definition]], None]
) -> None:
    name, wrong, quantity = WRONG_ACTIVATIONS[error]
    defined(name, wrong)
    with np.errstate(all="ignore"):
        found = failures("activations")
    assert found
    for check in found:
        assert activation(check.what.split(", ")[0].split(":")[0]).name == name
        # Where none is declared of its own, ln|f′| is that of f′.
        assert f", {quantity}(" in check.what or (quantity == "f′" and ", ln|f′|(" in check.what)


# ------------------------------------------------------------ wrong chains, networks


def test_a_chain_without_its_input_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chain, "log10_gradients", Chain.log10_backward)
    assert len(failures("chains")) > 10


def test_a_chain_of_plain_products_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def products(chain: Chain) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.log10(10.0 ** np.clip(chain.log10_backward + chain.log10_inputs, -400, 400))

    monkeypatch.setattr(Chain, "log10_gradients", property(products))
    caught = {check.what.split(",")[0] for check in failures("chains")}
    assert "10" in caught  # of 10,000
    assert {"tanh saturated out of sight", "relu whose activations overflow"} <= caught


def test_a_chain_of_the_wrong_sign_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chain, "signs", property(lambda chain: -chain.input_signs))
    assert failures("chains")


Flow = Callable[..., Any]


@pytest.fixture
def tables_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs no table is left out, to save time."""
    monkeypatch.setattr(networks, "_known", lambda: iter(()))


def network_with(change: Callable[[Any, Any], tuple[Any, Any]]) -> Flow:
    right = networks.gradient_flow

    def wrong(f: Any, weights: Any, biases: Any, *rest: Any) -> Any:
        return right(f, *change(weights, biases), *rest)

    return wrong


def transposed(weights: Any, biases: Any) -> tuple[Any, Any]:
    w = [np.asarray(one) for one in weights]
    return [one.T if one.shape[0] == one.shape[1] else one for one in w], biases


@pytest.mark.usefixtures("tables_only")
def test_a_transposed_weight_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "gradient_flow", network_with(transposed))
    assert len(failures("networks")) > 20


@pytest.mark.usefixtures("tables_only")
def test_a_bias_that_is_left_out_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "gradient_flow", network_with(lambda w, b: (w, None)))
    assert len(failures("networks")) > 10


@pytest.mark.usefixtures("tables_only")
def test_a_mean_over_the_batch_instead_of_its_sum_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = networks.gradient_flow

    def wrong(*given: Any) -> Any:
        flow = right(*given)
        less = math.log10(len(given[3]))
        return replace(flow, log10_grad_weights=flow.log10_grad_weights - less)

    monkeypatch.setattr(networks, "gradient_flow", wrong)
    found = failures("networks")
    assert found
    assert all("∂L/∂W" in check.what for check in found)


@pytest.mark.usefixtures("tables_only")
def test_a_rounding_of_weights_to_float32_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def single(weights: Any, biases: Any) -> tuple[Any, Any]:
        return [np.asarray(w, np.float32) * np.float32(1.0000001) for w in weights], biases

    monkeypatch.setattr(networks, "gradient_flow", network_with(single))
    assert len(failures("networks")) > 20


# -------------------------------------------------------------- wrong theory


FEW = ("sigmoid", "tanh", "relu", "relu6", "hardsigmoid", "hardswish", "erf", "arctan")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some activations are enough to see that theory is wrong."""
    table = shipped("mean_field")
    some = {**table, "activations": {name: table["activations"][name] for name in FEW}}
    monkeypatch.setattr(mean_field, "shipped", lambda group: some)


@pytest.fixture
def forgetful() -> Iterator[None]:
    """Expectations are kept; those of a wrong engine must not be."""
    expectations.cache_clear()
    yield
    expectations.cache_clear()


@pytest.mark.usefixtures("few", "forgetful")
def test_a_mean_field_that_integrates_across_kinks_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Activation, "breaks", property(lambda f: ()))
    caught = {check.what.split(":")[0] for check in failures("mean field")}
    assert {"hardsigmoid", "relu6", "hardswish"} <= caught
    assert not caught & {"sigmoid", "tanh", "erf", "arctan"}


@pytest.mark.usefixtures("few")
def test_a_rate_of_amplitudes_instead_of_squares_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = mean_field.mean_field

    class Wrong:
        def __init__(self, *given: Any, **named: Any) -> None:
            self._right = right(*given, **named)
            self.q, self.stable_q = self._right.q, self._right.stable_q
            self.chi = math.sqrt(self._right.chi)

    monkeypatch.setattr(mean_field, "mean_field", Wrong)
    found = failures("mean field")
    assert len(found) > 5
    assert all("χ" in check.what for check in found)


@pytest.mark.usefixtures("few")
def test_a_critical_point_to_three_digits_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = mean_field.critical_sigma_w2
    monkeypatch.setattr(mean_field, "critical_sigma_w2", lambda *given: round(right(*given), 3))
    found = failures("mean field")
    assert any(check.expected == "1.7609546396" for check in found)
    assert all("critical" in check.what for check in found)


# --------------------------------------------------------------- wrong cells


def cell_with(cell: str, order: Sequence[int], names: str = "weight bias") -> Flow:
    """A cell whose gates stand in another order."""
    right = time.recurrent_flow

    def wrong(kind: str, parameters: Any, *rest: Any) -> Any:
        if kind == cell:
            parameters = {
                name: np.concatenate([np.split(np.asarray(one), len(order))[k] for k in order])
                if name.split("_")[0] in names
                else one
                for name, one in parameters.items()
            }
        return right(kind, parameters, *rest)

    return wrong


@pytest.mark.parametrize(
    ("cell", "order"),
    [("lstm", (1, 0, 2, 3)), ("lstm", (0, 1, 3, 2)), ("gru", (1, 0, 2))],
    ids=["i and f swapped", "g and o swapped", "r and z swapped"],
)
def test_a_wrong_gate_is_caught(
    cell: str, order: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "recurrent_flow", cell_with(cell, order))
    found = failures("time")
    assert len(found) >= 4
    assert all(check.what.startswith(cell) for check in found)


def test_a_reset_gate_before_the_product_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The GRU of Cho et al. adds b_hn outside of the gate; PyTorch's does not."""
    right = time.recurrent_flow

    def wrong(kind: str, parameters: Any, *rest: Any) -> Any:
        if kind == "gru" and "bias_hh_l0" in parameters:
            n = len(parameters["bias_hh_l0"]) // 3
            b_ih, b_hh = (np.array(parameters[name]) for name in ("bias_ih_l0", "bias_hh_l0"))
            b_ih[2 * n :] += b_hh[2 * n :]
            b_hh[2 * n :] = 0.0
            parameters = {**parameters, "bias_ih_l0": b_ih, "bias_hh_l0": b_hh}
        return right(kind, parameters, *rest)

    monkeypatch.setattr(time, "recurrent_flow", wrong)
    assert {check.what.split(",")[0] for check in failures("time")} == {"gru"}


def test_a_cell_gradient_without_the_way_by_h_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = time.recurrent_flow

    def wrong(*given: Any) -> Any:
        flow = right(*given)
        if flow.log10_grad_cell is None:
            return flow
        return replace(flow, log10_grad_cell=np.roll(flow.log10_grad_cell, 1))

    monkeypatch.setattr(time, "recurrent_flow", wrong)
    assert any("∂L/∂c" in check.what for check in failures("time"))


# -------------------------------------------------------------- wrong blocks


def test_a_norm_without_its_projection_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(layer: Any, state: Any, delta: Any) -> Any:
        return delta * state.inverse  # as if σ were a constant

    monkeypatch.setattr(norms, "_differentiated", wrong)
    caught = {check.what.split(":")[0].split(", ")[0] for check in failures("blocks")}
    assert {"LayerNorm first", "RMSNorm first", "LayerNorm last", "BatchNorm"} <= caught
    assert "skips of α = 1/8" not in caught


def test_a_norm_without_its_mean_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(norms, "_centred", lambda x, axis, room=None: x.copy())
    caught = {check.what.split(":")[0].split(", ")[0] for check in failures("blocks")}
    assert {"LayerNorm first", "LayerNorm last", "BatchNorm"} <= caught
    assert not caught & {"skips of α = 1/8", "RMSNorm first"}


def test_a_skip_that_forgets_its_scale_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "Residual", lambda branch, scale: Residual(branch, 1.0))
    caught = {check.what.split(":")[0].split(", ")[0] for check in failures("blocks")}
    assert caught == {"RMSNorm first", "skips of α = 1/8"}


def test_an_eps_that_is_left_out_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = dict(blocks._KINDS)
    kinds = {**right, "rms_norm": lambda weight, eps: right["rms_norm"](weight, 1e-12)}
    monkeypatch.setattr(blocks, "_KINDS", kinds)
    assert {check.what.split(", ")[0] for check in failures("blocks")} == {"RMSNorm first"}


# ------------------------------------------------------------ against PyTorch


def test_against_pytorch_where_it_is_installed() -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    from gradtui.mathematics.verify.against_torch import against_torch

    found = list(against_torch(60, 5))
    assert len(found) == 60
    assert [check for check in found if not check.ok] == []
    assert {check.group for check in found} == set(verify.AGAINST_TORCH)
    assert list(against_torch(8, 5)) == found[:8]
    assert {check.group for check in against_torch(3, 5, ("time",))} == {"time"}


@pytest.mark.heavy
def test_against_pytorch_a_thousand_times() -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    from gradtui.mathematics.verify.against_torch import against_torch

    assert [check for check in against_torch(1000, 11) if not check.ok] == []


def test_pytorch_catches_a_wrong_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    from gradtui.mathematics.verify import against_torch

    def failed() -> set[str]:
        return {check.group for check in against_torch.against_torch(24, 3) if not check.ok}

    with monkeypatch.context() as patch:
        patch.setattr(against_torch, "gradient_flow", network_with(transposed))
        assert failed() == {"networks"}
    with monkeypatch.context() as patch:
        patch.setattr(against_torch, "recurrent_flow", cell_with("lstm", (1, 0, 2, 3)))
        assert failed() == {"time"}
    with monkeypatch.context() as patch:
        patch.setattr(norms, "_differentiated", lambda layer, state, delta: delta * state.inverse)
        assert failed() == {"blocks"}
