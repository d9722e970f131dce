"""A probe of PyTorch networks: norms against autograd's, verdicts, a model left as it was."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import gradtui
from gradtui import InputError, Probe, probe, read_run
from gradtui.models.finding import Ailment, Kind, Verdict
from gradtui.models.recorded.symptom import GRAVEST_FIRST
from gradtui.models.recorded.symptoms import symptoms_of
from gradtui.plots.ascii import ascii_only

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
nn = torch.nn


def square(output: torch.Tensor) -> torch.Tensor:
    return output.square().mean()


def stack(activation: Callable[[], nn.Module], depth: int, units: int, gain: float) -> nn.Module:
    """A plain stack with weights of σw = gain and no biases, and one Linear to read it out."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layer = nn.Linear(units, units)
        nn.init.normal_(layer.weight, std=gain / math.sqrt(units))
        nn.init.zeros_(layer.bias)
        layers += [layer, activation()]
    return nn.Sequential(*layers, nn.Linear(units, 1))


def log10(tensor: torch.Tensor) -> float:
    return math.log10(tensor.double().norm().item())


def at(found: Probe, name: str) -> int:
    return found.modules.index(name)


def ailments(found: Probe) -> list[Verdict]:
    return [symptom.kind for symptom in found.symptoms]


# ------------------------------------------------------------------------- against autograd


def test_norms_are_those_of_autograd() -> None:
    """By module and parameter, of a chain that is written out by hand."""
    torch.manual_seed(0)
    model, x = stack(nn.Tanh, 4, 12, 1.5), torch.randn(7, 12)
    found = probe(model, x, square)
    outputs = [x]
    for module in model:
        outputs.append(module(outputs[-1]))
    loss = square(outputs[-1])
    by_module = torch.autograd.grad(loss, outputs[1:], retain_graph=True)
    parameters = dict(model.named_parameters())
    by_parameter = torch.autograd.grad(loss, tuple(parameters.values()))
    assert found.modules == tuple(str(index) for index in range(9))
    assert found.parameters == tuple(parameters)
    assert found.loss == pytest.approx(loss.item(), rel=1e-6)
    np.testing.assert_allclose(found.log10_gradients, [log10(g) for g in by_module], atol=4e-7)
    np.testing.assert_allclose(
        found.log10_parameter_gradients, [log10(g) for g in by_parameter], atol=4e-7
    )
    np.testing.assert_allclose(
        found.log10_weights, [log10(p) if p.any() else -np.inf for p in parameters.values()]
    )
    signal = [out.double().square().mean().sqrt().log10().item() for out in outputs[1:]]
    np.testing.assert_allclose(found.log10_signal, signal, atol=4e-7)
    # Going back, what a module makes of a gradient leads from one to the one before it.
    np.testing.assert_allclose(found.log10_factors[1:], found.log10_rates[:-1], atol=1e-12)
    assert math.isnan(found.log10_factors[0])  # nobody asks for the gradient of the input


class Block(nn.Module):
    """A residual block with a norm, in which a module is used twice, one of them in place."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.norm, self.up, self.down = (
            nn.LayerNorm(units),
            nn.Linear(units, 9),
            nn.Linear(9, units),
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        return h + self.relu(self.down(self.relu(self.up(self.norm(h)))))


def test_a_skip_around_a_module_does_not_count_as_its_own() -> None:
    """The factor of the norm by hand: only of the branch; its input's gradient has the skip too."""
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(5, 5), Block(5), Block(5)), torch.randn(3, 5)
    found = probe(model, x, square)
    assert found.modules[1:6] == ("1.norm", "1.up", "1.relu", "1.down", "1.relu:2")
    h = model[0](x)
    alias = h.view_as(h)
    block = model[1]
    normed = block.norm(alias)
    z_1 = block.up(normed)
    a_1 = torch.relu(z_1)
    z_2 = block.down(a_1)
    a_2 = torch.relu(z_2)
    loss = square(model[2](h + a_2))
    tensors = (h, alias, normed, z_1, a_1, z_2, a_2)
    total, branch, *rest = (log10(g) for g in torch.autograd.grad(loss, tensors))
    np.testing.assert_allclose(found.log10_gradients[:6], [total, *rest], atol=4e-7)
    assert found.log10_factors[1] == pytest.approx(branch - rest[0], abs=4e-7)
    assert abs(branch - total) > 0.05  # the two are told apart
    # in place: what arrives at the ReLU is the gradient of what it overwrote
    assert found.log10_factors[3] == pytest.approx(rest[1] - rest[2], abs=4e-7)
    assert found.log10_made_by("norm")[1] == 2
    assert found.log10_made_by("f′")[1] == 4


def test_an_lstm_has_the_norm_of_all_that_it_gives() -> None:
    torch.manual_seed(0)

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.lstm, self.head = nn.Embedding(9, 4), nn.LSTM(4, 6), nn.Linear(6, 2)

        def forward(self, tokens: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
            output, (_, c) = self.lstm(self.embed(tokens))
            return scale * self.head(output[-1] + c[-1])

    model, tokens = Reader(), torch.randint(0, 9, (5, 3))
    found = probe(model, {"tokens": tokens, "scale": 2.0}, square)
    assert found.modules == ("embed", "lstm", "head")
    output, (_, c) = model.lstm(model.embed(tokens))
    loss = square(2.0 * model.head(output[-1] + c[-1]))
    by_output, by_c = torch.autograd.grad(loss, (output, c))
    assert found.log10_gradients[1] == pytest.approx(
        math.log10(math.hypot(by_output.norm().item(), by_c.norm().item())), abs=4e-7
    )
    assert found.parameters[0] == "embed.weight"
    assert found.symptoms == ()


def test_attention_is_one_module_for_its_projection_is_never_called() -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    found = probe(layer, torch.randn(2, 4, 8), lambda y: y[:, 0].square().mean())
    assert "self_attn" in found.modules
    assert "self_attn.out_proj" not in found.modules
    assert np.isfinite(found.log10_parameter_gradients).all()


# --------------------------------------------------------------------------------- verdicts


def test_thirty_sigmoid_layers_vanish_at_the_rate_of_theory() -> None:
    """The rate over 29 layers, of 8 networks, within 4 standard errors of the mean."""
    torch.manual_seed(0)
    rates = []
    for _ in range(8):
        model = stack(nn.Sigmoid, 30, 100, 1.0)
        found = probe(model, torch.randn(4, 100), square)
        assert ailments(found) == [Kind.VANISHING]
        theory = found.theory
        assert theory is not None
        assert theory.activation == "sigmoid"
        assert theory.depth == 30
        np.testing.assert_allclose(theory.sigma_w, 1.0, atol=0.05)
        slope = found.log10_made_by("f′")[0] + found.log10_made_by("weights")[0]
        assert slope == pytest.approx(theory.log10_measured_rate, abs=0.02)
        rates.append(theory.log10_measured_rate - theory.log10_rate)
    # The logarithm of one is below that of the mean square: by (3κ - 1)/4n, κ near 1.
    expected = -0.5 / 100 / math.log(10.0)
    error = np.std(rates, ddof=1) / math.sqrt(len(rates))
    assert abs(np.mean(rates) - expected) < 4.0 * error
    assert error < 0.01
    assert "Theory for infinite width has ×0.2" in found.text
    assert "vanishing" in found.text


def test_a_relu_with_biases_of_minus_ten_is_dead() -> None:
    torch.manual_seed(0)
    model = stack(nn.ReLU, 5, 32, math.sqrt(2.0))
    nn.init.constant_(model[4].bias, -10.0)
    nn.init.normal_(model[6].bias)  # else all above it is 0 too
    found = probe(model, torch.randn(64, 32), square)
    assert ailments(found)[0] is Kind.DEAD
    assert found.dead[at(found, "5")] == 1.0
    assert found.saturated[at(found, "5")] == 1.0
    assert found.dead[at(found, "1")] == 0.0
    assert found.log10_gradients[at(found, "4")] == -math.inf
    assert found.log10_gradients[at(found, "5")] > -math.inf
    assert found.underflow == ""  # what arrives there is of ordinary size
    assert "dead" in str(found.symptoms[0].sentence)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_ails_a_relu_network_of_he_weights(seed: int) -> None:
    torch.manual_seed(seed)
    found = probe(stack(nn.ReLU, 10, 64, math.sqrt(2.0)), torch.randn(64, 64), square)
    assert found.healthy
    assert "healthy: the gradient at 0 is" in found.text
    said = found.text.split("\n\n")[-1]
    assert not any(ailment in said for ailment in GRAVEST_FIRST)
    assert found.theory is not None
    assert 10.0**found.theory.log10_rate == pytest.approx(1.0, abs=0.03)


def test_what_underflows_is_told_as_such_and_not_as_dead() -> None:
    torch.manual_seed(0)
    found = probe(stack(nn.Sigmoid, 90, 16, 1.0), torch.randn(4, 16), square)
    assert ailments(found) == [Kind.VANISHING]
    assert found.log10_gradients[0] == -math.inf
    place = at(found, found.underflow)
    assert -45.0 < found.log10_gradients[place] < -37.0  # float32 ends at 1.4e-45
    assert (found.log10_gradients[:place] == -math.inf).all()
    assert "underflows to 0 in float32" in found.symptoms[0].sentence
    again = probe(stack(nn.Sigmoid, 90, 16, 1.0).double(), torch.randn(4, 16).double(), square)
    assert again.underflow == ""
    assert math.isfinite(again.log10_gradients[0])


def test_norms_of_float64_do_not_underflow_where_their_squares_do() -> None:
    layer = nn.Linear(2, 1, bias=False).double()
    found = probe(nn.Sequential(layer), torch.ones(1, 2).double(), lambda y: 1e-200 * y.sum())
    assert found.log10_parameter_gradients[0] == pytest.approx(-200.0 + 0.5 * math.log10(2.0))


def test_what_is_not_finite_is_told() -> None:
    torch.manual_seed(0)
    model = stack(nn.ReLU, 3, 8, 1.4)
    found = probe(model, torch.randn(4, 8), lambda y: (y - y).sqrt().sum() + y.sum())
    assert ailments(found)[0] is Ailment.NOT_FINITE
    model[2].weight.data.mul_(1e30)
    model[4].weight.data.mul_(1e30)
    found = probe(model, torch.randn(4, 8), square)
    assert ailments(found)[0] is Ailment.NOT_FINITE
    assert not math.isfinite(found.loss)


# ------------------------------------------------------------------------- all kinds of models


def test_frozen_parts_and_parts_without_gradients_have_none() -> None:
    class Half(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head, self.spare = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                h = self.body(x)
            return self.head(h)

    model = Half()
    model.head.bias.requires_grad_(False)
    found = probe(model, torch.randn(2, 3), square)
    assert found.modules == ("body", "head")
    np.testing.assert_array_equal(np.isnan(found.log10_gradients), [True, False])
    assert found.parameters[2:4] == ("head.weight", "head.bias")
    assert (
        np.isfinite(found.log10_parameter_gradients).tolist() == [False] * 2 + [True] + [False] * 3
    )
    assert found.healthy


@pytest.mark.parametrize("checkpoint", [False, True])
def test_what_is_computed_anew_on_the_way_back_is_no_further_use(checkpoint: bool) -> None:
    class Body(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = stack(nn.Tanh, 2, 4, 1.0), nn.Linear(1, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            run = torch.utils.checkpoint.checkpoint
            return self.second(
                run(self.first, x, use_reentrant=False) if checkpoint else self.first(x)
            )

    import torch.utils.checkpoint

    torch.manual_seed(0)
    found = probe(Body(), torch.randn(2, 4), square)
    assert len(found.modules) == 6
    assert np.isfinite(found.log10_gradients).all()


def test_roles_are_told_also_of_modules_of_others() -> None:
    class ScaleNorm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.g = nn.Parameter(torch.ones(4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.g * x / x.norm(dim=-1, keepdim=True)

    class Conv1D(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(4, 4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x @ self.weight

    model = nn.Sequential(nn.Embedding(9, 4), ScaleNorm(), Conv1D(), nn.PReLU(), nn.Dropout())
    found = probe(model, torch.arange(9), square)
    assert found.roles == ("other", "norm", "weights", "f′", "other")
    assert math.isnan(found.saturated[3])  # its slope is learned


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.ReLU()),  # two activations
        nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.LayerNorm(4), nn.Linear(4, 4), nn.Tanh()),
        nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Dropout(), nn.Linear(4, 4), nn.Tanh()),
        nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh()),
        nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)),  # one layer has no rate
        nn.Sequential(nn.Linear(4, 4), Block(4), nn.Linear(4, 4), nn.Tanh()),
    ],
)
def test_of_what_is_no_plain_stack_theory_says_nothing(model: nn.Module) -> None:
    found = probe(model, torch.randn(8, 4), square)
    assert found.theory is None
    assert "Theory" not in found.text


def test_theory_says_nothing_where_something_is_done_between_modules_or_biases_are_off() -> None:
    class Doubled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = stack(nn.Tanh, 3, 6, 1.0)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2.0 * self.body(x)

    class Skipping(Doubled):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.body[:2](x)
            return self.body[4:](h + self.body[2:4](h))

    assert probe(Doubled(), torch.randn(4, 6), square).theory is None
    assert probe(Skipping(), torch.randn(4, 6), square).theory is None
    model = stack(nn.Tanh, 3, 6, 1.0)
    assert probe(model, torch.randn(4, 6), square).theory is not None
    nn.init.constant_(model[2].bias, 0.5)
    assert probe(model, torch.randn(4, 6), square).theory is None


def test_theory_looks_through_what_changes_no_number() -> None:
    torch.manual_seed(0)
    inner = list(stack(nn.Tanh, 3, 6, 1.0))
    inner.insert(2, nn.Identity())
    model = nn.Sequential(nn.Flatten(), *inner[:4], nn.Dropout(), *inner[4:]).eval()
    theory = probe(model, torch.randn(4, 2, 3), square).theory
    assert theory is not None
    assert theory.depth == 3


# ----------------------------------------------------------------------------- as it was


def test_the_model_is_left_exactly_as_it_was() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.ReLU(inplace=True), nn.Dropout(),
        nn.Flatten(), nn.utils.parametrizations.spectral_norm(nn.Linear(16, 3)),
    )  # fmt: skip
    model[3].eval()
    x = torch.randn(5, 2, 6)
    square(model(x)).backward()
    gradients = [(p.grad, p.grad.clone()) for p in model.parameters()]
    state, modes = copy.deepcopy(model.state_dict()), [m.training for m in model.modules()]
    hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in model.modules()]
    random.seed(1)
    numbers = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002

    def noisy(output: torch.Tensor) -> torch.Tensor:
        assert model[1].running_mean.ne(state["1.running_mean"]).all()  # it does change
        return square(output) * torch.rand(()) * random.random() * np.random.random()  # noqa: NPY002

    def failing(output: torch.Tensor) -> torch.Tensor:
        noisy(output)
        raise RuntimeError("of their own")

    probe(model, x, noisy)
    with pytest.raises(RuntimeError, match="of their own"):
        probe(model, x, failing)
    with torch.no_grad():
        probe(model, x, noisy)
        assert not torch.is_grad_enabled()
    for p, (same, was) in zip(model.parameters(), gradients, strict=True):
        assert p.grad is same
        assert torch.equal(p.grad, was)
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name
    assert [m.training for m in model.modules()] == modes
    assert [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in model.modules()] == hooks
    assert torch.equal(torch.get_rng_state(), numbers[0])
    assert random.getstate() == numbers[1]
    assert (np.random.get_state()[1] == numbers[2]).all()  # noqa: NPY002


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what PyTorch imports to compile
def test_where_gradients_are_off_and_of_a_compiled_model_it_is_the_same() -> None:
    torch.manual_seed(0)
    model, x = stack(nn.Tanh, 3, 6, 1.0), torch.randn(4, 6)
    plain = probe(model, x, square)
    with torch.inference_mode():
        off = probe(model, x, square)
    compiled = probe(torch.compile(model, backend="eager"), x, square)
    for found in (off, compiled):
        assert found.modules == plain.modules
        assert found.parameters == plain.parameters
        np.testing.assert_array_equal(found.log10_gradients, plain.log10_gradients)


def test_buffers_that_are_replaced_are_put_back_but_a_cache_that_grew_is_kept() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.register_buffer("seen", torch.zeros(()))
            self.register_buffer("cache", torch.zeros(1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.seen = self.seen + 1
            self.cache = torch.zeros(4)
            return self.layer(x)

    model = Counting()
    seen = model.seen
    probe(model, torch.ones(1, 2), square)
    assert model.seen is seen
    assert model.seen.item() == 0.0
    assert len(model.cache) == 4


# ------------------------------------------------------------------------- text and recording


def test_the_recording_is_read_back_with_the_same_verdict(tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = tmp_path / "probe.jsonl"
    found = probe(stack(nn.Sigmoid, 30, 16, 1.0), torch.randn(4, 16), square, file)
    run = read_run(file)
    assert run.names == found.parameters
    np.testing.assert_allclose(run.log10_gradients[0], found.log10_parameter_gradients, atol=1e-8)
    assert run.log10_weights is not None
    np.testing.assert_allclose(run.log10_weights[0], found.log10_weights, atol=1e-8)
    assert run.loss[0] == pytest.approx(found.loss, rel=1e-8)
    together = math.log10(np.hypot.reduce(10.0**found.log10_parameter_gradients))
    assert math.log10(run.total_norm[0]) == pytest.approx(together, abs=1e-8)
    assert run.units["dead"]["1"][0] == 0.0
    assert [one.sentence for one in symptoms_of(run)] == [one.sentence for one in found.symptoms]


def test_the_text_is_aligned_within_eighty_columns_and_goes_into_ascii() -> None:
    torch.manual_seed(0)

    class Long(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a_name_that_is_longer_than_any_table_has_room_for_in_a_terminal = nn.ModuleList(
                [stack(nn.GELU, 3, 8, 1.4)]
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            (body,) = self.a_name_that_is_longer_than_any_table_has_room_for_in_a_terminal
            return body(x)

    found = probe(Long(), torch.randn(4, 8), square)
    with ascii_only():
        plain = gradtui.models.recorded.probe_text.text_of(found)  # type: ignore[attr-defined]
    assert plain.isascii()
    for text in (found.text, plain):
        lines = text.split("\n")
        assert max(map(len, lines)) <= 80
        table = lines[2:10]
        assert len({len(line) for line in table}) == 1  # the last column ends in one place
        assert table[1].split()[0].endswith("terminal.0.0")
        assert [line.split()[1] for line in table[1:]] == ["Linear", "GELU"] * 3 + ["Linear"]


def test_a_name_that_is_no_text_for_a_terminal_does_not_reach_it() -> None:
    model = nn.Sequential()
    model.add_module("\x1b[31mred", nn.Linear(2, 2))
    assert "\x1b" not in probe(model, torch.ones(1, 2), square).text


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("model", torch.ones(1, 2), square), "model"),
        ((nn.LazyLinear(2), torch.ones(1, 2), square), "model"),
        ((nn.Linear(2, 2), torch.ones(1, 2), lambda y: y), "loss"),
        ((nn.Linear(2, 2), torch.ones(1, 2), lambda y: 1.0), "loss"),
        ((nn.Linear(2, 2), torch.ones(1, 2), lambda y: y.detach().sum()), "loss"),
        ((nn.Linear(2, 2).requires_grad_(False), torch.ones(1, 2), square), "loss"),
    ],
)
def test_what_cannot_be_probed_is_refused_with_what_to_do(arguments: tuple, field: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError) as error:
        probe(*arguments)
    assert error.value.field == field
    assert error.value.next_step
