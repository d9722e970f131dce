"""The run view: which cells stand for which numbers, where the keys lead, what the table has."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.runs.shelf import SHELF
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.run.picture import farthest
from gradtui.views.run.study import norms
from gradtui.views.run.tree import MOST_ROWS, Branch, branches
from gradtui.views.view import Size
from support.commands import run as command

VIEW = VIEWS["run"]
PARTS = [f"{part}.{kind}" for part in ("attn", "mlp") for kind in ("weight", "bias")]
LAYERS = [f"layers.{layer}.{part}" for layer in range(40) for part in PARTS]
NAMES = ["embed.weight", *LAYERS, "head.weight"]


def written(
    folder: Path, names: list[str], norm: Callable[[int, int], float | str], steps: int = 30
) -> str:
    """A recording of which the norm by step and place of a name is this; weights are 1."""
    head = {"gradtui": 1, "names": names, "every": 1, "rank": 0, "ranks": 1}
    lines = [head] + [
        {
            "step": 10 * step,
            "loss": 2.0,
            "lr": 0.1,
            "grad": [norm(step, at) for at in range(len(names))],
            "weight": [1.0] * len(names),
            "update": [0.001 * (at + 1) for at in range(len(names))],
            "lost_f16": [0.25] * len(names),
        }
        for step in range(steps)
    ]
    file = folder / "a run.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(file)


def shown(setup: Setup, width: int = 80, height: int = 24, marker: str = "braille") -> list[str]:
    *_, result = VIEW.results(setup, unwatched)
    picture = VIEW.draw(result, setup, Size(width, height), marker)
    assert picture.width == width
    assert picture.height == height
    return [row_text(line) for line in picture.rows]


def readout(setup: Setup) -> dict[str, str]:
    """The readout of the focused run, by head; heads of two words have two columns of blanks."""
    *_, result = VIEW.results(setup, unwatched)
    heads, line, *_ = (row_text(row) for row in VIEW.readout(result, setup, 300))
    names = ["norm", "× median", "× last", "update/w", "lost f16", "loss", "lr"]
    ends = [heads.index(f" {name}") + len(name) + 1 for name in names]
    starts = [ends[0] - 9, *ends[:-1]]
    return {
        name: line[start:end].strip() for name, start, end in zip(names, starts, ends, strict=True)
    }


# ---------------------------------------------------------------------- its rows


def test_of_few_tensors_each_has_a_row(tmp_path: Path) -> None:
    names = [f"{at}.weight" for at in range(MOST_ROWS)]
    run = SHELF.run(written(tmp_path, names, lambda step, at: 1.0))
    assert [one.name for one in branches(run, ())] == names


def test_many_are_grouped_by_module_in_forward_order_and_opened_one_by_one(tmp_path: Path) -> None:
    run = SHELF.run(written(tmp_path, NAMES, lambda step, at: 1.0))
    layers = [f"layers.{layer}" for layer in range(40)]
    assert [one.name for one in branches(run, ())] == ["embed.weight", *layers, "head.weight"]
    assert all(one.opens == one.name.startswith("layers") for one in branches(run, ()))
    inside = ["layers.1.attn", "layers.1.mlp"]
    opened = [one.name for one in branches(run, ("layers.1",))]
    assert opened == ["embed.weight", "layers.0", *inside, *layers[2:], "head.weight"]
    deeper = branches(run, ("layers.1", "layers.1.mlp"))
    assert [one.name for one in deeper][3:5] == ["layers.1.mlp.weight", "layers.1.mlp.bias"]
    assert sorted(column for one in deeper for column in one.columns) == [*range(len(NAMES))]


def test_a_module_s_norm_is_the_root_of_the_squares_of_its_tensors(tmp_path: Path) -> None:
    def norm(step: int, at: int) -> float | str:
        return ["nan", 0.0, 1e-200, 3.0][step] if at == 1 else [1.0, 0.0, 1e-200, 4.0][step]

    run = SHELF.run(written(tmp_path, ["a.weight", "a.bias"], norm, steps=4))
    found = norms(run, Branch("a", (0, 1)), "gradient")
    assert found[0] == math.inf
    assert found[1] == -math.inf
    assert found[2:] == pytest.approx([math.log10(2.0) / 2 - 200.0, math.log10(5.0)], rel=1e-12)
    ratio = norms(run, Branch("a", (0, 1)), "ratio")
    assert ratio == pytest.approx(math.log10(math.hypot(0.001, 0.002) / math.sqrt(2.0)), abs=1e-12)


# --------------------------------------------------------------------- its cells


@pytest.mark.parametrize("n", [1, 2, 7, 40, 43, 1000])
@pytest.mark.parametrize("columns", [1, 7, 40])
def test_a_cell_is_the_step_farthest_from_0_that_it_stands_for(n: int, columns: int) -> None:
    values = np.random.default_rng(n).standard_normal((3, n))
    x = np.linspace(0.0, max(n - 1, 1), columns)
    found = farthest(values, x)
    if columns <= n:  # each step is in one column: none is lost
        assert np.abs(found).max(axis=1) == pytest.approx(np.abs(values).max(axis=1))
    steps = np.arange(n)
    owner = np.abs(steps[:, None] - x).argmin(axis=1)
    between = (x[1:] + x[:-1]) / 2
    for column in range(columns):
        if np.isclose(between[max(column - 1, 0) : column + 1, None], steps).any():
            continue  # a step as near to the next column
        mine = values[:, owner == column]
        if mine.shape[1] == 0:  # between two steps: the nearest
            mine = values[:, [int(np.clip(np.round(x[column]), 0, n - 1))]]
        at = np.abs(mine).argmax(axis=1)
        assert found[:, column] == pytest.approx(mine[np.arange(3), at])


def test_what_is_no_number_has_a_cell_of_its_own() -> None:
    none, inf = math.nan, math.inf
    values: Array = np.array([[1.0, inf, -2.0], [-inf, -inf, none], [-inf, 0.5, none], [none] * 3])
    found = farthest(values, np.array([1.0]))[:, 0]
    assert found[0] == inf
    assert found[1] == -inf  # all that was recorded is zero
    assert found[2] == 0.5
    assert math.isnan(found[3])


def test_the_map_shows_where_a_norm_is_not_finite_and_where_it_is_zero(tmp_path: Path) -> None:
    def norm(step: int, at: int) -> float | str:
        if step >= 20 and at == 2:
            return "inf"
        return 0.0 if at == 0 else 10.0 ** (step >= 10)

    path = written(tmp_path, ["first", "second", "third"], norm)
    lines = shown(Setup.of(runs=(path,), tensor="second"))
    first, second, third = (line[10:-1] for line in lines[2:5])
    assert set(first.rstrip("▾")) == {"0"}
    assert "!" not in second
    inside = third
    assert inside.count("!") == pytest.approx(len(inside) / 3, abs=2)
    assert inside.endswith("!")
    assert any("! not finite" in line and "0 zero" in line for line in lines)
    assert lines[3].startswith("▸ second ▸")


def test_beside_the_last_layer_what_vanishes_is_seen_from_the_first_step_on(tmp_path: Path) -> None:
    names = [f"{at}.weight" for at in range(5)]
    path = written(tmp_path, names, lambda step, at: 1e-3 ** (4 - at))
    own = shown(Setup.of(runs=(path,), beside="median"))
    assert all(line[13:-1].strip("⊕ ") == "" for line in own[2:7])
    beside = shown(Setup.of(runs=(path,), beside="last", tensor="4.weight"))
    bands = [line[13] for line in beside[2:7]]
    assert "".join(bands) == "==-- "  # 1e-12, 1e-9, 1e-6, 1e-3 and 1
    assert shown(Setup.of(runs=(path,), tensor="4.weight")) == beside  # as the verdict has it
    absolute = shown(Setup.of(runs=(path,), beside="absolute", tensor="4.weight"))
    assert [line[13] for line in absolute[2:7]] == bands


@pytest.mark.parametrize("width", [40, 56, 80, 200])
@pytest.mark.parametrize("height", [8, 12, 24, 60])
@pytest.mark.parametrize("names", [NAMES, NAMES[:1], [], ["x" * 300, "\x1b[31mred"]])
@pytest.mark.parametrize("marker", ["braille", "ascii"])
def test_it_fits_into_whatever_size(
    width: int, height: int, names: list[str], marker: str, tmp_path: Path
) -> None:
    path = written(tmp_path, names, lambda step, at: 1.5**step)
    for line in shown(Setup.of(runs=(path,)), width, height, marker):
        assert "\x1b" not in line
        assert len(line) == width


# -------------------------------------------------------------------- its readout


def test_the_readout_tells_the_numbers_at_the_cursor(tmp_path: Path) -> None:
    names = ["a.weight", "b.weight", "c.weight"]
    path = written(tmp_path, names, lambda step, at: 2.0**step * 10.0**at, steps=5)
    found = readout(Setup.of(runs=(path,), tensor="b.weight", step=35))
    # At 30, the last step up to there: 8 · 10; the median is 4 · 10, and the last has 8 · 100.
    assert found == {
        "norm": "80", "× median": "×2", "× last": "×0.1", "update/w": "0.002", "lost f16": "25 %",
        "loss": "2", "lr": "0.1",
    }  # fmt: skip


# ---------------------------------------------------------------------- its keys


def test_the_cursor_walks_along_steps_and_follows_the_newest(tmp_path: Path) -> None:
    path = written(tmp_path, ["a", "b"], lambda step, at: 1.0)
    setup = Setup.of(runs=(path,))
    shown(setup)
    back = VIEW.walk(setup, -1, False)
    assert back.recorded.step == 280
    assert VIEW.walk(back, -1, True).recorded.step == 180
    assert VIEW.walk(back, 1, False).recorded.step is None
    assert VIEW.walk(setup, -100, True).recorded.step == 0


def test_up_and_down_lead_over_the_rows(tmp_path: Path) -> None:
    path = written(tmp_path, NAMES, lambda step, at: 1.0)
    setup = Setup.of(runs=(path,), tensor="embed.weight")
    shown(setup)
    assert VIEW.climb is not None
    down = VIEW.climb(setup, -1, False)
    assert down.recorded.tensor == "layers.0"
    assert VIEW.climb(down, 1, False).recorded.tensor == "embed.weight"
    assert VIEW.climb(setup, -100, True).recorded.tensor == "head.weight"
    assert VIEW.climb(down, 50, True).recorded.tensor == "embed.weight"


def test_of_names_that_no_module_is_in_each_has_a_row(tmp_path: Path) -> None:
    names = [f"w{at}" for at in range(MOST_ROWS + 3)]
    run = SHELF.run(written(tmp_path, names, lambda step, at: 1.0))
    assert [one.name for one in branches(run, ())] == names


def test_a_module_is_opened_and_closed_by_one_key(tmp_path: Path) -> None:
    path = written(tmp_path, NAMES, lambda step, at: 1.0)
    setup = Setup.of(runs=(path,), tensor="layers.3")
    shown(setup)
    (toggle,) = (key.does for key in VIEW.keys if key.name == "open")
    opened = toggle(setup).setup
    assert opened.recorded.opened == ("layers.3",)
    assert opened.recorded.tensor == "layers.3.attn"
    assert any("3.attn" in line for line in shown(opened, height=40))
    closed = toggle(VIEW.climb(opened, -1, False)).setup  # type: ignore[misc]
    deeper = toggle(opened).setup
    assert deeper.recorded.opened == ("layers.3", "layers.3.attn")
    assert closed.recorded.opened == ("layers.3", "layers.3.mlp")
    weight = deeper
    assert weight.recorded.tensor == "layers.3.attn.weight"
    assert toggle(weight).setup.recorded.opened == ("layers.3",)
    few = Setup.of(runs=(written(tmp_path, ["a", "b"], lambda step, at: 1.0),))
    shown(few)
    with pytest.raises(InputError, match="every tensor has a row"):
        toggle(few)


def test_enlarging_halves_the_steps_around_the_cursor(tmp_path: Path) -> None:
    path = written(tmp_path, ["a", "b"], lambda step, at: 1.0, steps=64)
    setup = Setup.of(runs=(path,), step=320)
    shown(setup)
    assert VIEW.enlarge is not None
    half = VIEW.enlarge(setup, 1)
    low, high = half.recorded.step_range
    assert (high - low) / 10 + 1 == 32
    assert low <= 320 <= high
    assert "160" in shown(half)[5]
    assert VIEW.enlarge(half, -1).recorded.step_range is None
    nearest = half
    for _ in range(20):
        nearest = VIEW.enlarge(nearest, 1)
    low, high = nearest.recorded.step_range
    assert high - low == 10
    assert VIEW.enlarge(nearest, -100).recorded.step_range is None


def test_a_key_leads_to_what_the_verdict_speaks_of(tmp_path: Path) -> None:
    def norm(step: int, at: int) -> float | str:
        return "nan" if step >= 12 and at <= 1 else 1.0

    path = written(tmp_path, ["a", "b", "c"], norm)
    setup = Setup.of(runs=(path,))
    shown(setup)
    (lead,) = (key.does for key in VIEW.keys if key.name == "cause")
    there = lead(setup).setup.recorded
    assert (there.step, there.tensor) == (120, "b")
    healthy = Setup.of(runs=(written(tmp_path, ["a", "b"], lambda step, at: 1.0),))
    shown(healthy)
    assert "nothing to go to" in lead(healthy).message


# -------------------------------------------------------------- on the command line


def test_the_table_has_every_number_of_the_file(tmp_path: Path) -> None:
    def norm(step: int, at: int) -> float | str:
        return "inf" if step == 3 else 0.0 if step == 2 else 10.0 ** (step - at)

    path = written(tmp_path, ["a", "b"], norm, steps=5)
    done = command("run", path, "--csv")
    found: dict[tuple[Any, ...], str] = {
        (row["run"], int(row["step"]), row["tensor"], row["quantity"]): row["value"]
        for row in csv.DictReader(done.out.splitlines())
    }
    assert len(found) == 5 * (2 + 2 * 4)
    assert found[path, 20, "", "loss"] == "2.0"
    assert found[path, 30, "b", "log10_gradient"] == "inf"
    assert found[path, 20, "b", "log10_gradient"] == "-inf"
    assert float(found[path, 40, "b", "log10_gradient"]) == pytest.approx(3.0, abs=1e-12)
    assert float(found[path, 40, "a", "lost_f16"]) == 0.25
    data = json.loads(command("run", path, "--json").out)
    assert data["findings"][0]["verdict"] == "not finite"
    assert {row["value"] for row in data["rows"] if row["step"] == 30 and row["tensor"]} >= {"inf"}


@pytest.mark.parametrize(("factor", "status"), [(1.0, 0), (3.0, 1)])
def test_check_tells_a_script_whether_all_are_healthy(
    factor: float, status: int, tmp_path: Path
) -> None:
    path = written(tmp_path, ["a", "b"], lambda step, at: factor**step)
    assert command("run", path, "--check").status == status
    assert command("run", path).status == 0
    assert command("run", "example", path, "--check").status == 1


def test_several_runs_have_a_line_and_a_verdict_each(tmp_path: Path) -> None:
    path = written(tmp_path, ["a", "b"], lambda step, at: 1.0)
    done = command("run", path, "example", "--focus", "example")
    assert "a ✓" in done.out
    assert "b !" in done.out
    assert done.out.count("Read as gradtui's recording") == 2


def test_a_path_with_blanks_survives_the_memory_of_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, ["a", "b"], lambda step, at: 1.0)
    monkeypatch.chdir(tmp_path)
    setup = Setup.of(runs=("a run.jsonl", "example"))
    knob = KNOBS["runs"]
    assert knob.parse(knob.kept(setup)) == (str(tmp_path / "a run.jsonl"), "example")
    assert knob.parse("'a run.jsonl'") == ("a run.jsonl",)
    with pytest.raises(InputError, match="quot"):
        knob.parse("'a run.jsonl")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.csv"], "No such file"),
        (["example", "--step", "-3"], "last, or a whole number"),
        (["example", "--beside", "first"], "median, last or absolute"),
        (["example", "--step-range", "5"], "low:high"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_allowed(words: list[str], said: str) -> None:
    done = command("run", *words)
    assert done.status == 2
    assert said in done.err


def test_a_run_that_took_the_place_of_another_is_drawn_itself(tmp_path: Path) -> None:
    """However soon the other is forgotten: two may come to stand in the same place of memory."""
    for step in range(20):
        path = written(tmp_path, ["a", "b"], lambda at, _, bad=step: "nan" if at > bad else 1.0)
        lines = shown(Setup.of(runs=(path,), tensor="b"))
        inside = lines[2].partition("│")[2].rstrip("│")
        assert inside.count("!") == pytest.approx(len(inside) * (29 - step) / 30, abs=3)
