"""Blocks by name and parameters."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.errors import InputError
from gradtui.mathematics.blocks.families import BLOCKS, FAMILIES, PRESETS, Block
from gradtui.mathematics.blocks.reading import block, changed
from gradtui.mathematics.blocks.steps import Activated, Matrix, Normed


@pytest.mark.parametrize("name", BLOCKS)
def test_every_name_is_a_block_whose_text_form_reads_back(name: str) -> None:
    one = block(name)
    assert block(one.spec) == one
    assert block(one) is one
    assert one.steps(12).branch


def test_every_combination_of_parameters_reads_back_or_is_refused_with_a_next_step() -> None:
    values = {
        "norm": ("none", "layer", "rms", "batch"),
        "alpha": ("0", "0.5", "1/sqrt(L)", "learned"),
        "init": ("none", "zero", "fixup", "gpt2", "deepnorm"),
        "glu": ("yes", "no"),
    }
    kept = 0
    for name, family in FAMILIES.items():
        own = [[(p, v) for v in values[p]] for p in family.parameters if p in values]
        for chosen in itertools.product(*own):
            spec = f"{name}({', '.join(f'{p}={v}' for p, v in chosen)})"
            try:
                one = block(spec)
            except InputError:
                continue
            kept += 1
            assert block(one.spec) == one
    assert kept > 100


@pytest.mark.parametrize(
    ("spec", "canonical"),
    [
        ("rezero", "residual(alpha=learned)"),
        ("skipinit", "preact(norm=none, alpha=learned)"),
        ("swiglu", "pre_norm(norm=rms, glu=yes)"),
        ("deepnorm", "post_norm(init=deepnorm)"),
        ("fixup", "preact(norm=none, init=fixup)"),
        ("residual(alpha=1/√L)", "residual(alpha=1/sqrt(L))"),
        ("residual(α=1 / sqrt( L ))", "residual(alpha=1/sqrt(L))"),
        ("residual(alpha=L**-0.5)", "residual(alpha=1/sqrt(L))"),
        ("residual(alpha=1)", "residual"),
        ("residual(norm=bn)", "residual(norm=batch)"),
        ("BasicBlock(init=zero)", "basic_block(init=zero)"),
        ("pre-norm(norm=LayerNorm)", "pre_norm"),
        ("swiglu(expansion=8/3)", "pre_norm(norm=rms, expansion=8/3, glu=yes)"),
    ],
)
def test_what_people_write(spec: str, canonical: str) -> None:
    assert block(spec).spec == canonical


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("resnet", "residual or basic_block"),
        ("residual(norm=)", "norm has no value"),
        ("residual(alpha=-1)", "from 0"),
        ("residual(alpha=big)", "learned"),
        ("residual(0.5)", "residual(norm=…)"),
        ("residual(beta=1)", "norm, alpha, init"),
        ("plain(alpha=1)", "plain"),
        ("post_norm(norm=none)", "layer, rms, batch"),
        ("rezero(alpha=1)", "residual(alpha=1)"),
        ("fixup(norm=batch)", "preact(norm=batch)"),
        ("pre_norm(init=fixup)", "norm=layer"),
        ("pre_norm(init=zero, alpha=learned)", "ever moved"),
        ("pre_norm(init=deepnorm)", "gpt2"),
        ("deepnorm(alpha=2)", "own alpha"),
        ("pre_norm(expansion=0)", "above 0"),
        ("pre_norm(expansion=100)", "64"),
        ("pre_norm(glu=maybe)", "yes, no"),
        ("residual(alpha=nan)", "from 0 to 1e10"),
        ("", "name"),
    ],
)
def test_what_is_refused_says_what_to_do(spec: str, says: str) -> None:
    with pytest.raises(InputError, match="block") as refused:
        block(spec)
    assert says in str(refused.value)


def test_no_block_is_named_by_a_number() -> None:
    with pytest.raises(InputError):
        block(3)  # type: ignore[arg-type]


def factors(one: Block, depth: int) -> list[float]:
    return [step.factor for step in one.steps(depth).all if isinstance(step, Matrix)]


@pytest.mark.parametrize(("n", "alpha", "beta"), [(12, 2.2134, 0.3195), (100, 3.7606, 0.1880)])
def test_deepnorm_has_the_published_numbers(n: int, alpha: float, beta: float) -> None:
    """Wang et al., 2022: N(αh + …) = N(h + …/α) with eps/α²."""
    steps = block("deepnorm").steps(n)
    assert 1.0 / steps.scale == pytest.approx(alpha, abs=5e-5)
    assert factors(block("deepnorm"), n) == pytest.approx([beta, beta], abs=5e-5)
    (norm,) = steps.after
    assert isinstance(norm, Normed)
    assert norm.eps == pytest.approx(1e-5 / alpha**2, rel=1e-4)


@pytest.mark.parametrize("depth", [1, 4, 100])
def test_fixup_gpt2_and_one_over_root_of_depth(depth: int) -> None:
    """L^(-1/(2m - 2)) at m = 2, and 0; 1/√(2L); 1/√L."""
    assert factors(block("fixup"), depth) == pytest.approx([depth**-0.5, 0.0])
    assert factors(block("pre_norm(init=gpt2)"), depth) == pytest.approx([1.0, (2 * depth) ** -0.5])
    assert block("residual(alpha=1/sqrt(L))").scale(depth) == pytest.approx(1 / math.sqrt(depth))
    assert block("rezero").scale(depth) == 0.0


@pytest.mark.parametrize(
    ("spec", "kinds"),
    [
        ("plain(norm=batch)", "MNA"),
        ("residual(norm=layer)", "NMA"),
        ("basic_block", "MNAMN A"),
        ("basic_block(norm=none)", "MAM A"),
        ("preact", "NAMNAM"),
        ("pre_norm", "NMAM"),
        ("post_norm", "MAM N"),
    ],
)
def test_the_steps_are_those_of_the_formula(spec: str, kinds: str) -> None:
    letter = {Matrix: "M", Normed: "N", Activated: "A"}
    steps = block(spec).steps(8)
    branch, after = ("".join(letter[type(s)] for s in part) for part in (steps.branch, steps.after))
    assert f"{branch} {after}".strip() == kinds
    assert (steps.scale is None) == spec.startswith("plain")


def test_a_zero_initialised_branch_ends_with_a_zero() -> None:
    for name in ("residual", "preact", "pre_norm", "post_norm", "basic_block(norm=none)"):
        assert factors(changed(block(name), init="zero"), 5)[-1] == 0.0
    steps = block("basic_block(init=zero)").steps(5)  # torchvision's zero_init_residual
    assert isinstance(steps.branch[-1], Normed)
    assert steps.branch[-1].weight == 0.0
    assert factors(block("basic_block(init=zero)"), 5) == [1.0, 1.0]


def test_a_changed_block_keeps_its_other_parameters() -> None:
    one = changed(block("pre_norm(norm=rms, glu=yes)"), alpha="1/sqrt(L)")
    assert one == block("pre_norm(norm=rms, alpha=1/sqrt(L), glu=yes)")
    with pytest.raises(InputError):
        changed(block("plain"), alpha=0.5)


@pytest.mark.parametrize(
    ("spec", "units", "inner", "weights"),
    [
        ("plain", 10, 10, 100),
        ("residual", 10, 10, 100),
        ("preact", 10, 10, 200),
        ("pre_norm", 10, 40, 800),
        ("swiglu", 10, 40, 1200),
        ("swiglu(expansion=8/3)", 9, 24, 648),
    ],
)
def test_how_many_weights_a_block_has(spec: str, units: int, inner: int, weights: int) -> None:
    assert block(spec).inner(units) == inner
    assert block(spec).weights(units) == weights


def test_an_expansion_leaves_a_unit() -> None:
    with pytest.raises(InputError, match="less than one"):
        block("pre_norm(expansion=0.01)").inner(16)


def test_a_preset_is_a_family_with_parameters_that_it_has() -> None:
    for preset in PRESETS.values():
        assert set(preset.values) <= set(FAMILIES[preset.family].parameters)


@given(st.text(max_size=40))
def test_any_text_is_a_block_or_refused(text: str) -> None:
    try:
        one = block(text)
    except InputError:
        return
    assert block(one.spec) == one


@pytest.mark.parametrize("value", ["nan", "(((1)))", "0x10", "1/sqrt(2L)"])
def test_a_value_that_cannot_be_read_is_refused_as_one_of_the_block(value: str) -> None:
    with pytest.raises(InputError) as refused:
        block(f"residual(alpha={value})")
    assert refused.value.field == "block"
    assert refused.value.given == f"residual(alpha={value})"
    assert "from 0 to 1e10, 1/sqrt(L) or learned" in refused.value.allowed
    assert block(refused.value.next_step.removeprefix("try ")).skips


def test_what_would_never_learn_is_refused_as_it_was_typed() -> None:
    with pytest.raises(
        InputError, match=r"rezero\(init=zero\)' is not a block that can learn"
    ) as no:
        block("rezero(init=zero)")
    assert no.value.next_step == "leave init away"


def test_long_numbers_are_written_short() -> None:
    assert block("residual(alpha=10000000000)").spec == "residual(alpha=1e10)"
    with pytest.raises(InputError, match=r"expansion=1e11"):
        block("pre_norm(expansion=1e11)")


@pytest.mark.parametrize("typed", ["one_over_root_of_depth", "ONE_OVER_ROOT_OF_DEPTH", "foo"])
def test_a_word_that_is_no_alpha_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match=r"1/sqrt\(L\) or learned") as refused:
        block(f"residual(alpha={typed})")
    assert refused.value.next_step == "try residual(alpha=1/sqrt(L))"


@pytest.mark.parametrize(
    ("typed", "spec"),
    [
        ("residual(ALPHA=0.1)", "residual(alpha=0.1)"),
        ("pre_norm(Norm=RMS, Expansion=2)", "pre_norm(norm=rms, expansion=2)"),
        ("residual(Alpha = 1/sqrt(L))", "residual(alpha=1/sqrt(L))"),
    ],
)
def test_the_names_of_parameters_ignore_case(typed: str, spec: str) -> None:
    assert block(typed) == block(spec)


def test_a_parameter_given_twice_is_refused_whatever_its_case() -> None:
    with pytest.raises(InputError, match="given twice"):
        block("residual(alpha=1, ALPHA=2)")
