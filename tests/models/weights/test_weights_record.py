"""What is told of the tensors of a file: rates of theory, gates that keep, and what ails them."""

from __future__ import annotations

import math
from pathlib import Path

import mpmath
import numpy as np
import pytest

from gradtui import read_weights
from gradtui.models.weights.flaws import Fault, Flaw
from gradtui.models.weights.flow import Asked
from gradtui.models.weights.record import Tensor, WeightsRecord, weights_record
from support.weight_files import weights_of

FIXTURES = Path(__file__).parent / "fixtures"
ASKED = Asked(1.0, 32, 0, 1e-3)
Arrays = dict[str, np.ndarray]


def record_of(folder: Path, tensors: Arrays, *activations: str) -> WeightsRecord:
    return weights_record(weights_of(folder, tensors, ordered=False), activations, ASKED)


def tensor(record: WeightsRecord, name: str) -> Tensor:
    return next(one for one in record.tensors if one.name == name)


def flaw(record: WeightsRecord, fault: Fault) -> Flaw | None:
    return next((one for one in record.flaws if one.fault is fault), None)


def normal(*shape: int, sigma: float = 1.0) -> np.ndarray:
    return np.random.default_rng(0).normal(0.0, sigma / math.sqrt(math.prod(shape[1:])), shape)


# ------------------------------------------------------------- theory


def test_relus_rate_is_sigma_w_over_root_2(tmp_path: Path) -> None:
    w = normal(20, 4, 3, sigma=0.8)
    record = record_of(tmp_path, {"conv.weight": w, "conv.bias": np.full(20, 7.0)}, "relu")
    expected = np.std(w) * math.sqrt(12) / math.sqrt(2)
    rate = tensor(record, "conv.weight").log10_rates["relu"]
    assert rate == pytest.approx(math.log10(expected), abs=1e-9)
    assert tensor(record, "conv.bias").log10_rates == {}


def test_tanhs_rate_with_its_own_bias_by_quadrature(tmp_path: Path) -> None:
    """Q* by iteration and √χ there, in 20 digits; without the bias it is another."""
    w, b = normal(40, 30, sigma=1.5), np.random.default_rng(1).normal(0.0, 0.6, 40)
    record = record_of(tmp_path, {"a.weight": w, "a.bias": b, "c.weight": w[:, :, None]}, "tanh")
    sw2, sb2 = float(np.var(w)) * 30, float(np.var(b))

    def gauss(f: object) -> mpmath.mpf:
        phi = lambda z: f(z) * mpmath.exp(-z * z / 2)  # type: ignore[operator]  # noqa: E731
        return 2 * mpmath.quad(phi, mpmath.linspace(0, 12, 7)) / mpmath.sqrt(2 * mpmath.pi)

    with mpmath.workdps(20):
        q = mpmath.mpf(1)
        for _ in range(60):
            root = mpmath.sqrt(q)
            q = sw2 * gauss(lambda z, root=root: mpmath.tanh(root * z) ** 2) + sb2
        root = mpmath.sqrt(q)
        chi = sw2 * gauss(lambda z: mpmath.sech(root * z) ** 4)
        exact = float(mpmath.log10(chi) / 2)
    assert tensor(record, "a.weight").log10_rates["tanh"] == pytest.approx(exact, abs=1e-8)
    assert abs(tensor(record, "c.weight").log10_rates["tanh"] - exact) > 0.01


def test_rates_are_of_layers_only(tmp_path: Path) -> None:
    tensors = {
        "rnn.weight_ih_l0": normal(16, 3),
        "rnn.weight_hh_l0": normal(16, 4),
        "norm.weight": np.ones(4),
        "steps": np.array(3, np.int64),
        "quantised.weight": np.ones((4, 4), np.int8),
    }
    assert all(not one.log10_rates for one in record_of(tmp_path, tensors, "relu").tensors)


@pytest.mark.parametrize("scale", [0.0, 1e-200, 1e30])
def test_theory_that_has_no_answer_says_none(scale: float, tmp_path: Path) -> None:
    record = record_of(tmp_path, {"conv.weight": normal(8, 3, 3) * scale}, "tanh")
    rate = tensor(record, "conv.weight").log10_rates["tanh"]
    assert math.isnan(rate) or rate == -math.inf or rate > -math.inf
    assert flaw(record, Fault.NOT_FINITE) is None


# ------------------------------------------------------------- gates


def test_the_gates_of_pytorchs_cells() -> None:
    record = weights_record(read_weights(FIXTURES / "several.pt"), [], ASKED)
    lower, upper, gru = record.keeping
    assert (lower.cell.kind, upper.cell.kind, gru.cell.kind) == ("lstm", "lstm", "gru")
    assert lower.median == 2.0  # 1 in each of the two
    assert lower.half_life == pytest.approx(5.46, abs=0.005)
    weights = read_weights(FIXTURES / "several.pt")
    z = (weights["gru.bias_ih_l0"] + weights["gru.bias_hh_l0"])[12:24]
    assert gru.median == np.median(z)
    found = flaw(record, Fault.FORGETS)
    assert found is not None
    assert found.tensors == ("lstm.bias_hh_l1", "gru.bias_hh_l0")
    assert not found.wrong
    assert record.healthy


def test_gates_that_are_open_are_no_flaw(tmp_path: Path) -> None:
    tensors = {
        "weight_ih": normal(16, 3),
        "weight_hh": normal(16, 4),
        "bias_ih": np.ones(16),
        "bias_hh": np.full(16, -0.5),
    }
    record = record_of(tmp_path, tensors)
    assert record.keeping[0].median == 0.5
    assert record.flaws == ()
    tensors["bias_hh"] = np.full(16, -1.0)
    found = flaw(record_of(tmp_path, tensors), Fault.FORGETS)
    assert found is not None
    assert "lstm (all 4 units)" in found.sentence
    tensors["bias_hh"][5] = np.nan
    record = record_of(tmp_path, tensors)
    assert record.keeping == ()
    assert flaw(record, Fault.FORGETS) is None


# ------------------------------------------------------------- what ails tensors


def test_numbers_that_are_not_finite(tmp_path: Path) -> None:
    w = normal(8, 3, 3)
    w[0, 0, 0], w[1, 1, 1] = np.nan, -np.inf
    record = record_of(tmp_path, {"a.weight": w, "b.weight": normal(8, 3, 3)}, "relu")
    found = flaw(record, Fault.NOT_FINITE)
    assert found is not None
    assert found.sentence == "nan or inf in 1 tensor of 2: a.weight (2 of 72)."
    assert found.tensors == ("a.weight",)
    assert found.wrong
    assert not record.healthy


def test_zero_rows_by_layout_and_what_is_meant_to_be_zero(tmp_path: Path) -> None:
    conv, kernel, table = normal(8, 3, 3), normal(5, 6), normal(9, 4)
    conv[2] = 0.0
    kernel[:, 1] = kernel[:, 4] = 0.0
    table[0] = 0.0  # padding_idx
    tensors = {
        "conv.weight": conv,
        "d/kernel": kernel,
        "emb.weight": table,
        "norm.bias": np.zeros(8),
    }
    record = record_of(tmp_path, tensors)
    found = flaw(record, Fault.ZERO_ROWS)
    assert found is not None
    assert found.sentence == (
        "Exactly zero rows in 2 tensors: conv.weight (1 of 8), d/kernel (2 of 6)."
    )
    assert not record.healthy
    conv[2], kernel[:, 1], kernel[:, 4] = 1.0, 1.0, 5e-324
    assert record_of(tmp_path, tensors).flaws == ()


@pytest.mark.parametrize(
    ("sigma", "said"), [(0.6, True), (0.75, False), (1.4, False), (2.7, False), (3.0, True)]
)
def test_scale_is_told_where_one_layer_halves_or_doubles(
    sigma: float, said: bool, tmp_path: Path
) -> None:
    """With relu a layer makes σw/√2 of a gradient: below 0.707 half, above 2.83 twice as much."""
    w = normal(60, 20, 5)
    w *= sigma / (np.std(w) * 10.0)
    record = record_of(tmp_path, {"conv.weight": w}, "relu")
    found = flaw(record, Fault.FAR)
    assert (found is not None) is said
    assert record.healthy
    if found is not None:
        assert "relu keeps a gradient at σw 1.41." in found.evidence
        assert "1 of 1 weight:" in found.sentence


def test_scale_is_not_told_of_embeddings_cells_or_a_stack(tmp_path: Path) -> None:
    tensors = {
        "wte.weight": normal(9, 4, sigma=0.1),
        "attn.in_proj_weight": normal(24, 8, sigma=0.1),
        "weight_ih_l0": normal(16, 3, sigma=0.1),
        "weight_hh_l0": normal(16, 4, sigma=0.1),
    }
    assert record_of(tmp_path, tensors, "relu").flaws == ()
    stack = {f"{at}.weight": normal(8, 8, sigma=0.1) for at in range(3)}
    record = record_of(tmp_path, stack, "relu")
    assert record.flaws == ()
    assert len(record.verdicts) == 1


def test_an_activation_without_a_critical_point_is_told_without_one(tmp_path: Path) -> None:
    record = record_of(tmp_path, {"conv.weight": normal(8, 3, 3, sigma=0.1)}, "gelu")
    found = flaw(record, Fault.FAR)
    assert found is not None
    assert "keeps a gradient" not in found.evidence


# ------------------------------------------------------------- names, types, sizes


def test_tied_tensors_are_one() -> None:
    record = weights_record(read_weights(FIXTURES / "several.pt"), [], ASKED)
    names = [one.name for one in record.tensors]
    assert "head.weight" not in names
    assert tensor(record, "wte.weight").also_called == ("head.weight",)


def test_tensors_of_no_weights_and_of_no_numbers(tmp_path: Path) -> None:
    tensors = {
        "scalar": np.array(3.5),
        "empty": np.zeros((0, 5), np.float16),
        "count": np.array(3, np.int64),
        "one": np.full((1, 1), 1e-40, np.float32),
    }
    record = record_of(tmp_path, tensors, "tanh")
    assert [one.name for one in record.tensors] == list(tensors)
    assert tensor(record, "count").facts is None
    facts = tensor(record, "empty").facts
    assert facts is not None
    assert facts.not_finite == facts.zero_rows == 0
    assert record.flaws == ()


def test_many_names_take_no_more_than_their_number(tmp_path: Path) -> None:
    """Cells and biases are found by name: not by a look at all names for each."""
    from gradtui.mathematics.weights import cells as module

    tensors = {f"{at}.weight": np.ones((1, 1), np.float32) for at in range(400)}
    looked = 0

    class Names(dict[str, tuple[int, ...]]):
        def items(self) -> object:  # type: ignore[override]
            nonlocal looked
            looked += 1
            return super().items()

    weights = weights_of(tmp_path, tensors, ordered=False)
    weights.shapes = Names(weights.shapes)
    weights_record(weights, [], ASKED)
    assert looked < 10
    assert module.cells({}) == ()
