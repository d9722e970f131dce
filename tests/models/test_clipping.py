"""What clipping makes of the gradient of all parameters, and what is said of it."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.models.finding import Kind
from gradtui.models.recurrent.cells import flow_of, inputs_of, parameters_of
from gradtui.models.recurrent.clipping import at_value
from gradtui.models.recurrent.cost import idle_in_time, seconds_of
from support.recurrent import finding_of, measured_of, memory_of, setup_of, subject_of

EXPLODING = ("tanh", "gaussian(3)")
"""Of 64 units over 100 steps."""
LONG: dict[str, Any] = {"steps": 100, "draws": 3, "hidden_size": 64, "x": 0.1}

# ------------------------------------------------------------------- by its norm


def test_the_norm_of_all_parameters_is_that_of_their_gradients_together() -> None:
    subject = subject_of("gru", steps=6, draws=1)
    norms = 10.0 ** np.array([*flow_of(subject, 1).log10_grad_parameters.values()])
    found = measured_of(subject, 1).log10_parameters
    np.testing.assert_allclose(found, [np.log10(np.linalg.norm(norms))], rtol=1e-12)


def test_what_clipping_does_to_one_that_explodes() -> None:
    found = finding_of("identity", "orthogonal(2)", clip=1.0, steps=100)
    assert "Clipped at 1 in 4 of 4 cells: ‖∂L/∂θ‖, of all parameters, is " in found.evidence
    assert ", 1 after it." in found.evidence
    assert "vanishes" not in found.evidence


MOSTLY = re.compile(
    r"Most of ∂L/∂W( in the median)?, by the norms of what each step adds, is of "
    r"lags? (\d+)(?: to (\d+))?, (clipped or not|before it is clipped)\."
)


@pytest.mark.parametrize(
    ("form", "knobs"),
    [
        (("tanh", "gaussian(3)"), {"steps": 100, "hidden_size": 64}),
        (("tanh", "pytorch"), {}),
        (("identity", "orthogonal(2)"), {}),
        (("identity", "orthogonal(1.01)"), {}),
        (("lstm", "pytorch"), {"forget_bias": 8.0}),
        (("relu", "identity"), {"steps": 1}),
        (("gru", "pytorch"), {"steps": 2, "draws": 3}),
    ],
)
@pytest.mark.parametrize("how", [{"clip": 1e-6}, {"clip_value": 1e-9}])
def test_of_whatever_is_clipped_it_says_of_which_lags_most_of_it_is(
    form: tuple[str, str], knobs: dict[str, Any], how: dict[str, float]
) -> None:
    """The shortest run of lags, from one of both ends, that is more than half of the norms."""
    knobs = {"draws": 1, "steps": 30, **knobs}
    found = MOSTLY.search(finding_of(*form, **knobs, **how).evidence)
    by_lag = []
    for number in range(1, knobs["draws"] + 1):
        by_step = flow_of(subject_of(*form, **knobs), number).log10_grad_parameters_by_step
        assert by_step is not None
        by_lag.append(10.0 ** by_step["weight_hh_l0"][::-1])
    if not np.any(by_lag):  # h before the first step is 0
        assert found is None
        return
    assert found is not None
    first, last = int(found[2]), int(found[3] or found[2])
    steps, run = knobs["steps"], last - first + 1
    assert first == 0 or last == steps - 1
    share = np.array([norms / norms.sum() for norms in by_lag])
    assert np.median(share[:, first : last + 1].sum(axis=1)) > 0.5
    for fewer in (share[:, : run - 1], share[:, steps - run + 1 :]):
        assert np.median(fewer.sum(axis=1)) <= 0.5
    assert (found[1] is not None) == (knobs["draws"] > 1)
    assert found[4] == ("clipped or not" if "clip" in how else "before it is clipped")


def test_clipping_helps_nothing_that_vanishes() -> None:
    found = finding_of("tanh", clip=1e-3)
    assert "in 4 of 4 cells" in found.evidence
    assert "0.001 after it" in found.evidence
    assert "helps nothing that vanishes" in found.evidence


def test_nor_where_nothing_is_clipped() -> None:
    assert "Most of" not in finding_of("tanh", clip=1e30).evidence
    assert "Most of" not in finding_of("tanh", clip_value=1e30).evidence
    assert "helps nothing that vanishes" in finding_of("tanh", clip=1e30).evidence
    for form in (("identity", "orthogonal"), ("identity", "orthogonal(2)")):
        found = finding_of(*form, clip=1e30)
        assert "Nothing is clipped" in found.evidence
        assert "vanishes" not in found.evidence


def test_what_is_not_clipped_is_not_said_to_be() -> None:
    assert "Nothing is clipped at 1e30" in finding_of("tanh", clip=1e30).evidence
    for knobs in ({}, {"clip": 1e-3, "truncate": 5}):
        assert "clipped" not in finding_of("tanh", **knobs).text.lower()


def test_only_some_are_clipped() -> None:
    norms = np.sort(measured_of(subject_of("tanh"), 4).log10_parameters)
    clip = float(10.0 ** (0.5 * (norms[1] + norms[2])))
    found = finding_of("tanh", clip=clip)
    assert "in 2 of 4 cells" in found.evidence
    after = re.search(r"is (\S+) in the median, (\S+) after it", found.evidence)
    assert after is not None
    assert after[1] == after[2]


# -------------------------------------------------------------------- at a value


def gradient_of(*form: str, number: int = 1, **knobs: Any) -> np.ndarray:
    """|∂L/∂θ|, all parameters in one vector."""
    subject = subject_of(*form, **knobs, clip_value=1.0)
    entries = flow_of(subject, number).log10_grad_parameters_entries
    assert entries is not None
    return np.concatenate([10.0 ** one.reshape(-1) for one in entries.values()])


@pytest.mark.parametrize("form", [("tanh",), ("gru",), ("lstm",), EXPLODING])
@pytest.mark.parametrize("value", [1e-4, 0.03, 1.0])
def test_it_is_what_clipping_the_entries_themselves_makes(
    form: tuple[str, ...], value: float
) -> None:
    g = gradient_of(*form)
    clipped = np.clip(g, -value, value)
    cosine = (g @ clipped) / (np.linalg.norm(g) * np.linalg.norm(clipped))
    measured = measured_of(subject_of(*form, clip_value=value), 1)
    assert measured.at_value is not None
    (found,) = measured.at_value
    assert found.share == (g > value).mean()
    assert 10.0**found.log10_after == pytest.approx(np.linalg.norm(clipped), rel=1e-10)
    assert math.cos(math.radians(found.degrees)) == pytest.approx(cosine, abs=1e-12)
    np.testing.assert_allclose(10.0**measured.log10_parameters, np.linalg.norm(g), rtol=1e-10)


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm"])
def test_it_is_what_pytorch_clips(cell: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    value, subject = 0.05, subject_of(cell, clip_value=0.05)
    n, inputs = 12, 5
    kind = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell]
    module = kind(inputs, n, dtype=torch.float64)
    weights = parameters_of(subject, 1)
    module.load_state_dict({name: torch.tensor(one) for name, one in weights.items()})
    u = np.random.default_rng([subject.setup.seed, 7, 1]).standard_normal((1, n))
    h = module(torch.tensor(inputs_of(subject.setup, 1)))[0][-1]
    (h * torch.tensor(u / np.linalg.norm(u))).sum().backward()
    before = torch.cat([one.grad.reshape(-1) for one in module.parameters()]).clone()
    torch.nn.utils.clip_grad_value_(module.parameters(), value)
    after = torch.cat([one.grad.reshape(-1) for one in module.parameters()])
    measured = measured_of(subject, 1)
    assert measured.at_value is not None
    (found,) = measured.at_value
    assert found.share == float((before.abs() > value).double().mean())
    assert 10.0**found.log10_after == pytest.approx(float(after.norm()), rel=1e-9)
    cosine = float(before @ after / (before.norm() * after.norm()))
    assert math.cos(math.radians(found.degrees)) == pytest.approx(cosine, abs=1e-9)


def test_beyond_plain_floats_it_is_as_right() -> None:
    """(3, 4) · 10^900 at 10^900 · 2: (2, 2), off by the angle between (3, 4) and (1, 1)."""
    log10 = np.log10([3.0, 4.0]) + 900.0
    found = at_value([log10[:1], log10[1:, None]], 900.0 + math.log10(2.0))
    assert found.share == 1.0
    assert found.log10_after == pytest.approx(900.0 + math.log10(math.sqrt(8.0)), rel=1e-14)
    assert found.degrees == pytest.approx(math.degrees(math.acos(7 / (5 * math.sqrt(2)))))
    assert at_value([np.array([500.0, -500.0])], -400.0) == (0.5, -400.0, pytest.approx(0.0))
    assert at_value([np.full(3, -math.inf)], 0.0) == (0.0, -math.inf, 0.0)


def test_entries_are_asked_for_only_where_they_are_clipped() -> None:
    for knobs in ({}, {"clip": 1.0}, {"clip_value": 1.0, "truncate": 5}):
        subject = subject_of("tanh", **knobs)
        assert flow_of(subject, 1).log10_grad_parameters_entries is None
        assert measured_of(subject, 1).at_value is None
    dear, cheap = (subject_of("tanh", clip_value=value) for value in (1.0, 0.0))
    assert seconds_of(dear) > seconds_of(cheap)


def said(text: str) -> tuple[int, int, str, str, str, str | None]:
    """How many cells, of how many, which share, the norm before and after, and the angle."""
    found = re.search(
        r"Clipped at a value of \S+ in (\d+) of (\d+) cells, (\S+) % of the entries of ∂L/∂θ in "
        r"the median: ‖∂L/∂θ‖, of all parameters, is (\S+) in the median, (\S+) after it\."
        r"(?: As each entry is clipped for itself, its direction turns by (\S+)° in the median\.)?",
        text,
    )
    assert found is not None, text
    clipped, cells, *numbers = found.groups()
    return int(clipped), int(cells), *numbers


def test_what_is_said_of_it_is_what_it_makes_of_the_median() -> None:
    cells = [gradient_of(*EXPLODING, **LONG, number=number) for number in (1, 2, 3)]
    value = float(np.median(cells[0]))
    found = finding_of(*EXPLODING, **LONG, clip_value=value)
    assert found.kind is Kind.EXPLODING
    clipped, of, share, before, after, degrees = said(found.evidence)
    assert (clipped, of) == (sum(g.max() > value for g in cells), 3)
    shares = np.sort([100.0 * (g > value).mean() for g in cells])
    assert float(share) == pytest.approx(shares[1], rel=0.05)
    norms = np.sort([np.linalg.norm(g) for g in cells])
    assert float(before) == pytest.approx(norms[1], rel=0.05)
    left = [np.minimum(g, value) for g in cells]
    assert float(after) == pytest.approx(np.sort([np.linalg.norm(g) for g in left])[1], rel=0.05)
    cosines = [
        g @ c / np.linalg.norm(g) / np.linalg.norm(c) for g, c in zip(cells, left, strict=True)
    ]
    assert degrees is not None
    assert float(degrees) == pytest.approx(math.degrees(math.acos(np.sort(cosines)[1])), rel=0.01)
    assert "clipped or not" not in found.evidence  # which steps it is of has changed
    assert "vanishes" not in found.evidence


def test_clipped_at_a_value_nothing_that_vanishes_is_helped() -> None:
    helps = "Clipping makes no entry larger, and helps nothing that vanishes."
    assert helps in finding_of("tanh", clip_value=1e-3).evidence
    none = finding_of("tanh", clip_value=1e30).evidence
    assert "No entry of ∂L/∂θ is clipped at 1e30: ‖∂L/∂θ‖, of all" in none
    assert helps in none
    assert "turns" not in none
    healthy = finding_of("identity", "orthogonal", clip_value=1e30)
    assert healthy.kind is Kind.HEALTHY
    assert "No entry" in healthy.evidence
    assert "vanishes" not in healthy.evidence


def test_what_keeps_its_direction_is_not_said_to_turn() -> None:
    """Of one unit at rest only both biases have a gradient, and the same one."""
    knobs: dict[str, Any] = {"hidden_size": 1, "input_size": 6, "x": 0.0, "clip_value": 1e-2}
    text = finding_of("identity", "identity(3)", **knobs).evidence
    assert "in 4 of 4 cells, 22 % of the entries" in text  # 2 of 6 + 1 + 2
    assert "turns" not in text
    memory = memory_of("identity", "identity(3)", **knobs)
    assert memory.measured.at_value is not None
    assert [one.degrees for one in memory.measured.at_value] == [0.0] * 4


def test_of_one_cell_there_is_no_median() -> None:
    text = finding_of("tanh", clip_value=1e-3, draws=1).evidence
    assert re.search(r"Clipped at a value of 0\.001, \S+ % of the entries of ∂L/∂θ: ", text)
    assert "median" not in text


def test_by_norm_and_at_a_value_contradict_each_other() -> None:
    with pytest.raises(InputError, match="0 beside a clip of 1: one of both") as caught:
        setup_of("tanh", clip=1.0, clip_value=0.5)
    assert caught.value.field == "clip_value"


def test_what_is_truncated_is_not_clipped_at_a_value() -> None:
    assert "clip" not in finding_of("tanh", clip_value=1e-3, truncate=5).text.lower()
    assert "clip_value" in idle_in_time(setup_of("tanh", truncate=5))
    assert "clip_value" not in idle_in_time(setup_of("tanh"))


# ------------------------------------------------------- where nothing is clipped


def test_of_what_explodes_it_says_what_clipping_would_do() -> None:
    found = finding_of(*EXPLODING, **LONG)
    before = np.median(
        [np.linalg.norm(gradient_of(*EXPLODING, **LONG, number=n)) for n in (1, 2, 3)]
    )
    would = re.search(
        r"--clip 1, key C, would bring ‖∂L/∂θ‖ from (\S+) in the median to 1: that bounds an "
        r"optimiser's step, and leaves which steps back it is of\.",
        found.evidence,
    )
    assert would is not None
    assert float(would[1]) == pytest.approx(before, rel=0.05)
    then = finding_of(*EXPLODING, **LONG, clip=1.0).evidence
    assert f"is {would[1]} in the median, 1 after it." in then
    assert "would bring" not in then


@pytest.mark.parametrize(
    ("form", "knobs", "kind"),
    [
        (("tanh",), {}, Kind.VANISHING),
        (("identity", "orthogonal"), {}, Kind.HEALTHY),
        (("tanh", "gaussian(0)"), {}, Kind.DEAD),
        (EXPLODING, {**LONG, "truncate": 90}, Kind.EXPLODING),
        (EXPLODING, {**LONG, "clip_value": 1.0}, Kind.EXPLODING),
        # Of inputs of 0 and no biases but W_hh's the state is 0, and ∂L/∂W with it.
        (("identity", "gaussian(3)"), {"x": 0.0}, Kind.EXPLODING),
    ],
)
def test_and_not_elsewhere(form: tuple[str, ...], knobs: dict[str, Any], kind: Kind) -> None:
    found = finding_of(*form, **knobs)
    assert found.kind is kind
    assert ("would bring" in found.text) == (form == ("identity", "gaussian(3)"))
