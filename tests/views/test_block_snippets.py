"""Lines to paste for blocks: what they say of every block, and that they are Python."""

from __future__ import annotations

import itertools
import re

import pytest

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.blocks.families import FAMILIES, PRESETS
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.blocks.steps import NORMS
from gradtui.mathematics.initialisation import INITIALISATIONS
from gradtui.views.init.block_snippets import block_lines

FRAMEWORKS = ["PyTorch", "JAX/Flax", "Keras"]


def every_block() -> list[str]:
    """Each family with each norm, initialisation, kind of α, and gate, where they go together."""
    found = dict.fromkeys(PRESETS)
    choices = itertools.product(
        NORMS, ("none", "zero", "fixup", "gpt2", "deepnorm"), ("1", "0.1", "1/sqrt(L)", "learned"),
        ("no", "yes"),
    )  # fmt: skip
    for chosen in choices:
        for family in FAMILIES.values():
            given = zip(("norm", "init", "alpha", "glu"), chosen, strict=True)
            plain = {"init": "none", "alpha": "1", "glu": "no"}
            inside = [f"{k}={v}" for k, v in given if k in family.parameters or v != plain.get(k)]
            try:
                found[block(f"{family.name}({', '.join(inside)})").spec] = None
            except InputError:
                continue
    return list(found)


EVERY = every_block()


def test_the_blocks_are_all_there_are() -> None:
    assert {block(spec).name for spec in EVERY} == set(FAMILIES)
    assert {block(spec).init for spec in EVERY} == {"none", "zero", "fixup", "gpt2", "deepnorm"}
    assert len(EVERY) > 100


@pytest.mark.parametrize("spec", EVERY)
def test_they_are_python_and_fit_into_a_page_of_80_columns(spec: str) -> None:
    one = block(spec)
    for init in ("kaiming_normal", "normal(sigma_w=1.14917, sigma_b=0.224)", "pytorch_linear"):
        lines = block_lines(spec, "gelu", init, 64, 48)
        assert list(lines) == FRAMEWORKS
        for framework, code in lines.items():
            compile(code, framework, "exec")
            assert max(map(len, code.split("\n"))) <= 74
            assert "class Block(" in code
            assert "= 64, 256, 48" in code if one.expansion == 4.0 else "= 64, 48" in code
            # What a block has, once each.
            assert ("self.alpha =" in code) == (one.alpha == "learned")
            assert ("L**-0.5 *" in code) == (one.alpha == "1/sqrt(L)")
            assert ("(2 * L) ** -0.5)" in code) == (one.init == "gpt2")
            assert ("(8 * L) ** -0.25)" in code) == (one.init == "deepnorm")
            assert ("(2 * L) ** 0.25 * h" in code) == (one.init == "deepnorm")
            assert (", L**-0.5)" in code) == (one.init == "fixup")
            assert ("self.gate" in code) == one.glu
            if one.norm != "none" and framework != "PyTorch":
                assert f"epsilon={'1e-6' if one.norm == 'rms' else '1e-5'}" in code
            norms = {"none": "None", "layer": "Layer", "rms": "RMS", "batch": "Batch"}
            assert {word for word in ("Layer", "RMS", "Batch") if f"{word}Norm" in code} == (
                {norms[one.norm]} - {"None"}
            )


@pytest.mark.parametrize("init", INITIALISATIONS)
@pytest.mark.parametrize("spec", ["plain", "pre_norm(init=gpt2)", "residual(init=zero)"])
def test_each_recipe_has_lines_but_siren(spec: str, init: str) -> None:
    lines = block_lines(spec, "tanh", init, 64, 8)
    assert list(lines) == ([] if init == "siren" else FRAMEWORKS)
    for framework, code in lines.items():
        compile(code, framework, "exec")
        assert max(map(len, code.split("\n"))) <= 88


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_activation_has_lines_where_the_framework_has_it(name: str) -> None:
    lines = block_lines("preact", name, "kaiming_normal", 64, 8)
    assert list(lines) == (["PyTorch"] if name == "rrelu" else FRAMEWORKS)
    for framework, code in lines.items():
        compile(code, framework, "exec")
        assert max(map(len, code.split("\n"))) <= 88


def test_nothing_is_defined_or_imported_that_is_not_used() -> None:
    for spec, name in itertools.product(EVERY[::3], ("relu", "gelu", "mish", "identity", "prelu")):
        for code in block_lines(spec, name, "he_normal", 64, 8).values():
            defined = re.findall(r"^(?:import|from .* import) .*?(\w+)$", code, re.M)
            defined += re.findall(r"^def (\w+)\(", code, re.M)
            assert defined
            for each in defined:
                assert len(re.findall(rf"\b{each}\b", code)) >= 2, (each, code)


def test_a_block_without_a_unit_inside_is_refused() -> None:
    with pytest.raises(InputError, match="expansion"):
        block_lines("pre_norm(expansion=0.001)", "relu", "he_normal", 64, 8)
