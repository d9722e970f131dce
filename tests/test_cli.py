"""The command line: views as text and numbers, the list, the self-check, completion, help."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from gradtui import __version__
from gradtui.cli import commands, streams
from gradtui.cli.parsers import parsed, parsers
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS
from gradtui.plots.ascii import to_ascii
from gradtui.progress import Tick
from gradtui.setup import CHOICE, FAMILIES, KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.command import setup_of
from gradtui.views.scenarios import SCENARIOS
from support.commands import FORETOLD, run

FRAME = re.compile("[│┌└├┤┬┴┼]")


def printed(*words: str, **how: Any) -> str:
    """What a command prints that succeeds and says at most that it takes long."""
    done = run(*words, **how)
    assert done.status == 0
    assert re.fullmatch(FORETOLD, done.err)
    return done.out


def strict(text: str) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def read(*words: str) -> Setup:
    """The setup that the words of a command mean."""
    options = parsed(words)
    view = VIEWS[words[0]]
    given = {knob.name: getattr(options, knob.name) for knob in view.all_knobs}
    return setup_of(view, options.names, {k: v for k, v in given.items() if v is not None})


# -------------------------------------------------------------------- views


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_prints_its_title_picture_readout_and_verdict(view: str) -> None:
    names = ("tanh", "sigmoid") if view != "run" else ("example",)
    text = printed(view, *names)
    lines = text.splitlines()
    assert lines[0].startswith(VIEWS[view].title)
    # Of 24 rows: no heading, no labels, and of init no table.
    assert sum(bool(FRAME.search(line)) for line in lines) >= (17 if view == "init" else 19)
    for name in names if view != "run" else ("not finite",):
        assert re.search(rf"^[✓✗!] {name} ", text, re.MULTILINE)


def test_chain_begins_with_the_notes_three_layers() -> None:
    assert "0.00964 =   1    · 0.224  · 1  · 0.219  · 1  · 0.197  · 1" in printed("chain")


def test_a_vanishing_chain_comes_with_a_command_that_helps() -> None:
    text = printed("decay", "sigmoid", "--depth", "30")
    assert "✗ sigmoid vanishing" in text
    (command,) = re.findall(r"^  try: gradtui (.*)$", text, re.MULTILINE)
    assert "(before: " in text
    assert "✗" not in printed(*shlex.split(command))


def test_the_numbers_are_those_that_others_found() -> None:
    """Five sigmoids at w = 0.1: 9.715356e-4, and 9.715356e-8 with the four inner weights."""
    text = printed("chain", "sigmoid", "--depth", "5", "--weights", "0.1", "--json")
    rows = strict(text)["rows"]
    slopes = sum(row["log10_abs_derivative"] for row in rows)
    assert slopes == pytest.approx(math.log10(9.715356e-4), rel=1e-6)
    weights = sum(row["log10_abs_w"] for row in rows[1:])
    assert slopes + weights == pytest.approx(math.log10(9.715356e-8), rel=1e-6)


@pytest.mark.heavy
@pytest.mark.parametrize("view", VIEWS)
def test_csv_and_json_have_the_same_numbers(view: str) -> None:
    compared = () if view == "run" else ("sigmoid", "gelu")
    words = (view, *compared, *(("--samples", "8") if view == "decay" else ()))
    rows = strict(printed(*words, "--json"))["rows"]
    table = list(csv.DictReader(io.StringIO(printed(*words, "--csv"))))
    assert len(table) == len(rows)
    for line, row in zip(table, rows, strict=True):
        assert list(line) == list(row)
        for name, value in row.items():
            if isinstance(value, str | bool):
                assert line[name] == str(value)
            elif value is None:
                assert line[name] in ("", "-inf", "inf")
            else:
                assert float(line[name]) == value


def test_json_says_what_was_computed() -> None:
    record = strict(printed("chain", "tanh", "--weights", "2", "--json"))
    assert record["gradtui"] == __version__
    assert record["view"] == "chain"
    assert record["setup"]["weights"] == "2"
    assert record["setup"]["activations"] == "tanh"
    assert [one["activation"] for one in record["findings"]] == ["tanh"]


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("decay sigmoid tanh --depth 20", {"activations": ("sigmoid", "tanh"), "depth": 20}),
        ("decay --depth 20 sigmoid tanh", {"activations": ("sigmoid", "tanh"), "depth": 20}),
        ("decay sigmoid --depth 20 tanh", {"activations": ("sigmoid", "tanh"), "depth": 20}),
        ("decay --activations sigmoid,tanh --depth=20",
         {"activations": ("sigmoid", "tanh"), "depth": 20}),
        ("decay sigmoid,tanh --depth 20", {"activations": ("sigmoid", "tanh"), "depth": 20}),
        ("chain 'leaky_relu(0.2)'", {"activations": ("leaky_relu(0.2)",)}),
        ("chain --x -3", {"x": -3.0}),
        ("chain --x=-3", {"x": -3.0}),
        ("chain --x -.5 --loss -2e-3", {"x": -0.5}),
        ("derivative --z-range -6:-2", {"z_range": (-6.0, -2.0), "z": -2.0}),
        ("derivative --z -2", {"z": -2.0}),
        ("chain --depth 8 --layer 8", {"depth": 8, "layer": 8}),
    ],
)  # fmt: skip
def test_options_stand_anywhere_and_may_be_negative(words: str, changes: dict[str, Any]) -> None:
    setup = read(*shlex.split(words))
    assert {name: KNOBS[name].of(setup) for name in changes} == changes


def test_a_list_of_weights_or_biases_sets_the_depth() -> None:
    setup = read("chain", "--weights", "-0.5,1,2,3")
    assert setup.depth == 4
    assert setup.chain.weights.values == (-0.5, 1.0, 2.0, 3.0)
    assert read("decay", "--biases", "1,2").depth == 2
    assert read("decay", "--weights", "1,2", "--depth", "2").depth == 2


VALUES = {
    name: knob.format(knob.scale(knob.of(Setup()), 1))
    for name, knob in KNOBS.items()
    if knob.group in FAMILIES
}
"""A value of every knob of a family."""
OF_TWO = [
    (one, other)
    for one in VALUES
    for other in VALUES
    if KNOBS[one].group != KNOBS[other].group and {one, other} <= {*VIEWS["decay"].knobs}
]


@pytest.mark.parametrize(("one", "other"), OF_TWO, ids=lambda name: name)
def test_knobs_of_two_models_are_refused_with_both_flags_named(one: str, other: str) -> None:
    """One of them would have no effect, and which of them nobody said."""
    words = [word for name in (one, other) for word in (KNOBS[name].flag, VALUES[name])]
    done = run("decay", *words)
    assert (done.status, done.out) == (2, "")
    for name in (one, other):
        assert re.search(rf"{KNOBS[name].flag} (is )?of a {KNOBS[name].group}\b", done.err)
    assert "leave one out" in done.err


@pytest.mark.parametrize("name", [name for name in VALUES if name in VIEWS["decay"].knobs])
def test_a_knob_of_a_model_beside_another_model_is_refused_and_beside_its_own_is_not(
    name: str,
) -> None:
    knob, value = KNOBS[name], VALUES[name]
    for family in CHOICE:
        words = ("decay", "--model", family, knob.flag, value)
        if family == knob.group:
            assert read(*words) == read("decay", knob.flag, value)
            assert read(*words).model == family
        else:
            done = run(*words)
            assert (done.status, done.out) == (2, "")
            assert knob.flag in done.err
            assert f"--model {family}" in done.err


def test_two_knobs_of_one_model_are_welcome() -> None:
    setup = read("decay", "--units", "8", "--networks", "3")
    assert (setup.model, setup.network.units, setup.network.networks) == ("network", 8, 3)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.title)
def test_the_command_of_a_setup_gives_the_setup_back(scenario: Any) -> None:
    view = VIEWS[scenario.view]
    again = read(*view.command(scenario.setup)[1:])
    assert view.key(again) == view.key(scenario.setup)
    for name in view.cursors(scenario.setup):
        assert KNOBS[name].of(again) == KNOBS[name].of(scenario.setup)


# ------------------------------------------------------- size, colours, marks


@pytest.mark.heavy
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("width", "height"), [(40, 12), (80, 24), (200, 60)])
def test_the_picture_has_the_size_that_was_asked_for(view: str, width: int, height: int) -> None:
    lines = printed(view, "--width", str(width), "--height", str(height)).splitlines()
    plot = [line for line in lines if FRAME.search(line)]
    assert max(map(len, plot)) <= width
    assert max(map(len, plot)) >= width - 4
    # The map has two rows of legend, or three; of most views the x labels have no frame.
    heading = {"chain": 4, "phase": 4 if width == 40 else 3}.get(view, 1)
    labels = 0 if view == "layers" else 1
    if view == "init":  # its recipes below, as two rows of names or as a table of five rows
        # The heading has a frame's stroke in its legend, where there is room for that.
        heading, labels = int(width == 40), 3 if height == 12 else 6
    if view == "run":  # a row a tensor or module, and no more than there are
        heading, labels = 1, max(height - 31, 2)
    assert len(plot) == height - heading - labels


def test_a_page_fits_the_terminal_if_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (commands, streams):
        monkeypatch.setattr(module, "terminal_size", lambda: streams.os.terminal_size((100, 40)))
    lines = printed("chain", "--color", "never").splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) > 90


def test_a_pipe_gets_no_escape_and_always_gets_colour() -> None:
    for view in VIEWS:
        plain, coloured = printed(view), printed(view, "--color", "always")
        assert "\x1b" not in plain
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize(
    ("variables", "words", "coloured"),
    [
        ({}, [], True),
        ({"NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": ""}, [], True),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"TERM": "dumb"}, [], False),
        ({}, ["--color", "never"], False),
        ({"GRADTUI_COLORS": "none"}, [], False),
    ],
)
def test_a_terminal_gets_colours_unless_they_are_unwelcome(
    variables: dict[str, str], words: list[str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = run("chain", *words, terminal=True)
    assert done.status == 0
    assert ("\x1b[" in done.out) == coloured
    assert "\x1b" not in run("chain", "--json", terminal=True).out


@pytest.mark.parametrize("view", VIEWS)
def test_without_utf8_everything_is_ascii_and_the_plot_stands_as_it_stood(view: str) -> None:
    name = "squareplus" if view != "run" else "example"
    ascii_only = printed(view, name, encoding="ascii")
    unicode = printed(view, name, "--marker", "ascii")
    assert ascii_only.isascii()
    assert "inf" in ascii_only or view != "derivative"
    plot = [line for line in unicode.splitlines() if FRAME.search(line) and "σ" not in line]
    assert len(plot) >= 17
    lines = iter(ascii_only.splitlines())
    assert all(to_ascii(line) in lines for line in plot)  # each, in this order


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize(
    "command",
    [
        "decay sigmoid tanh --model network --networks 20 --depth 20",
        "phase tanh --sigma-w 0.5 --sigma-b 0",
        "phase gelu relu --sigma-w 2",
        "phase tanh --against depth",
        "init tanh --depth 10 --networks 3",
        "layers tanh relu --depth 12",
        "spectrum tanh --depth 5 --networks 2",
        "derivative relu_squared softplus",
    ],
)
def test_without_utf8_no_line_is_too_long_and_the_columns_stand_under_their_heads(
    command: str, width: int
) -> None:
    words = [*command.split(), "--width", str(width), "--height", "14"]
    text = printed(*words, encoding="ascii")
    lines = text.splitlines()
    assert max(len(line) for line in lines if "  try: " not in line) <= width
    if "q → 0" in printed(*words):
        assert "q -> 0" in text
        assert "q > 0" not in text
    for heads, cells in itertools.pairwise(lines):
        if heads.startswith((" layer 1 ", " at (0.5, 0)")) and "z" not in heads:
            ends = [{word.end() for word in re.finditer(r"\S+", line)} for line in (heads, cells)]
            assert {end for end in ends[1] if end > 14} <= ends[0]


@pytest.mark.parametrize(
    "words",
    [
        ["list"], ["list", "relu"], ["list", "erf"], ["--help"], ["verify"], ["list", "--csv"],
        *([view, "--help"] for view in VIEWS),
        *(["list", name] for name in (*GATED, *CELL_INITIALISATIONS)),
        ["time", "tanh", "--init", "gaussian(3)", "--clip", "1", "--steps", "9", "--draws", "2"],
    ],
)  # fmt: skip
def test_without_utf8_the_rest_is_ascii_too_and_loses_no_sign(words: list[str]) -> None:
    text, unicode = printed(*words, encoding="latin-1"), printed(*words)
    assert text.isascii()
    assert text.count("?") == unicode.count("?")


def test_json_keeps_every_character_in_any_encoding() -> None:
    words = ("list", "squareplus", "--json")
    assert printed(*words, encoding="ascii").isascii()
    assert strict(printed(*words, encoding="ascii")) == strict(printed(*words))


@pytest.mark.parametrize("marker", ["braille", "block", "dot", "ascii"])
def test_curves_are_drawn_with_the_marks_that_were_asked_for(marker: str) -> None:
    marks = {"braille": "[⠁-⣿]", "block": "[▀-▟]", "dot": "•", "ascii": r"\*"}
    text = printed("derivative", "--marker", marker)
    assert {name for name, mark in marks.items() if re.search(mark, text)} == {marker}


# ------------------------------------------------------------------- output


@pytest.mark.heavy
@pytest.mark.parametrize("view", VIEWS)
def test_a_file_has_the_format_of_its_ending(view: str, tmp_path: Path) -> None:
    words = (view,) if view == "run" else (view, "sigmoid")
    for ending in ("svg", "pdf", "png", "txt", "csv", "json"):
        file = tmp_path / f"picture.{ending}"
        done = run(*words, "--output", str(file))
        assert (done.status, done.out) == (0, "")
        *long, said = done.err.splitlines()
        assert all(line.endswith("; ctrl+c ends it") for line in long)
        assert said.startswith("gradtui: wrote the ")
        assert said.endswith(f" to {file}")
    ElementTree.parse(tmp_path / "picture.svg")
    assert (tmp_path / "picture.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "picture.txt").read_text("utf-8") == printed(*words)
    assert (tmp_path / "picture.csv").read_text("utf-8") == printed(*words, "--csv")
    assert (tmp_path / "picture.json").read_text("utf-8") == printed(*words, "--json")


def test_what_the_flag_says_counts_more_than_the_ending(tmp_path: Path) -> None:
    file = tmp_path / "numbers.txt"
    assert run("chain", "--csv", "--output", str(file)).status == 0
    assert file.read_text() == printed("chain", "--csv")
    assert printed("chain", "--output", "-") == printed("chain")
    assert printed("chain", "--output", "-", "--json") == printed("chain", "--json")


def test_a_tilde_is_the_user_s_home_as_in_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    done = run("chain", "--output", "~/x.csv")
    assert done.status == 0
    assert "home/x.csv" in done.err
    assert (tmp_path / "home" / "x.csv").is_file()
    assert not (tmp_path / "~").exists()


def test_a_suffix_of_no_format_contradicts_no_flag(tmp_path: Path) -> None:
    file = tmp_path / "numbers.dat"
    assert run("chain", "--csv", "--output", str(file)).status == 0
    assert file.read_text(encoding="utf-8") == printed("chain", "--csv")


@pytest.mark.parametrize("words", [(), ("chain",), ("list",)])
def test_help_is_as_wide_as_a_page_whatever_a_variable_says(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = printed(*words, "--help")
    for value in ("1000000000", "1", "-5", "wide"):
        monkeypatch.setenv("COLUMNS", value)
        monkeypatch.setenv("LINES", value)
        assert printed(*words, "--help") == told
    assert max(map(len, told.split("\n"))) < 200


def test_a_file_is_utf8_and_plain_whatever_the_terminal_is(tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    run("chain", "--output", str(file), "--color", "always", encoding="ascii", terminal=True)
    assert file.read_text("utf-8") == printed("chain")


def test_progress_is_told_to_a_terminal_and_then_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams.Progress, "_PATIENCE", 0.0)
    monkeypatch.setattr(streams.Progress, "_EVERY", 0.0)
    words = ("decay", "sigmoid", "--depth", "1000")
    done = run(*words, terminal=True)
    assert re.match(r"(\rdecay: +\d+%)+ *\r +\r$", done.err.replace("decay: ", "decay:  "))
    shares = [int(share) for share in re.findall(r"(\d+)%", done.err)]
    # Every 20 of 200 random chains of 1,000 layers, before them and for the remedies behind them.
    assert len([share for share in shares if 0 < share < 95]) >= 9
    assert shares == sorted(shares)
    assert 95 <= shares[-1] <= 100
    assert run(*words).err == ""


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(setup: Setup, tick: Tick) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "VIEWS", {"decay": replace(VIEWS["decay"], run=interrupted)})
    assert run("decay") == (130, "", "")


# ------------------------------------------------------------ the small ones


def test_the_list_names_every_activation_within_80_columns() -> None:
    lines = printed("list").splitlines()
    assert [line.split()[0] for line in lines[1 : 1 + len(ACTIVATIONS)]] == list(ACTIVATIONS)
    assert max(map(len, lines)) <= 80
    assert re.match(r"silu +1\.1 +2\.399 \[-0\.2785, ∞\) no +no +left +z sigmoid\(z\)$", lines[8])
    assert max(map(len, printed("list", encoding="ascii").splitlines())) <= 80


def test_the_list_has_its_numbers_in_full() -> None:
    rows = strict(printed("list", "--json"))["activations"]
    table = list(csv.DictReader(io.StringIO(printed("list", "--csv"))))
    assert [row["activation"] for row in rows] == [row["activation"] for row in table]
    for row, line, f in zip(rows, table, ACTIVATIONS.values(), strict=True):
        assert float(line["max_abs_derivative"]) == f.max_abs_derivative
        at = f.max_abs_derivative_at
        assert row["max_abs_derivative_at"] == (at if math.isfinite(at) else None)


def test_one_activation_comes_with_every_fact_and_its_derivation() -> None:
    f = activation("sigmoid")
    text = printed("list", "sigmoid")
    for fact in (f.formula, f.derivative_formula, f.range_text, f.source, "0.25 at z = 0"):
        assert fact in text
    assert re.search(r"^11  = σ\(x\) · \(1 − σ\(x\)\)$", text, re.MULTILINE)
    assert "σ(x)" in printed("list", "sigmoid", "--language", "ko")


def test_the_list_says_which_have_a_derivation_and_help_what_is_printed() -> None:
    derived = "A derivation there is of sigmoid, tanh, relu, softplus, silu, gelu."
    assert derived in " ".join(printed("list", "mish").split())
    assert "A derivation there is" not in printed("list", "tanh")
    text = printed("phase", "--help")
    assert text.startswith("usage: gradtui phase [ACTIVATION ...] [OPTION ...]\n\nAt which σw")
    assert re.search(r"^  q\* +the mean square of the pre-activations", text, re.MULTILINE)
    assert all(len(line) <= 80 for line in text.split("\n") if not line.startswith("  /"))
    assert "시그모이드" in printed("list", "sigmoid", "--language", "ko")
    assert "parameters    negative_slope = 0.2" in printed("list", "leaky_relu(0.2)")


def test_korean_takes_two_cells_a_syllable() -> None:
    for width in (40, 80):
        text = printed("list", "tanh", "--language", "ko", "--width", str(width))
        for line in text.splitlines():
            cells = sum(2 if "가" <= c <= "힣" else 1 for c in line)
            assert cells <= width or " " not in line.strip()


def test_the_list_goes_to_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    assert run("list", "--output", str(file)).status == 0
    assert file.read_text("utf-8") == printed("list", "--csv")
    file = tmp_path / "relu.txt"
    assert run("list", "relu", "--output", str(file)).status == 0
    assert file.read_text("utf-8") == printed("list", "relu")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_is_a_script_for_the_shell(shell: str) -> None:
    text = printed("completion", shell)
    for word in ("decay", "--weights" if shell != "tcsh" else "weights", "leaky_relu"):
        assert word in text
    program = shutil.which(shell)
    if program is not None:
        done = subprocess.run(
            [program, "-n"], input=text, text=True, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("de", ["derivative", "decay"]),
        ("decay --de", ["--depth"]),
        ("decay sigmoid sel", ["selu"]),
        ("list hardsw", ["hardswish"]),
        ("decay --marker bl", ["block"]),
        ("--theme li", ["light"]),
    ],
)
def test_bash_completes_commands_options_and_names(typed: str, completed: list[str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    words = typed.split()
    script = (
        printed("completion", "bash")
        + "\nfunction=$(complete -p gradtui | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n"
        + f"COMP_WORDS=(gradtui {typed}); COMP_CWORD={len(words)}\n"
        + f"$function gradtui {words[-1]} {' '.join(words[-2:-1]) or 'gradtui'}\n"
        + 'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=False)
    assert sorted(done.stdout.split()) == sorted(completed)


# --------------------------------------------------------------------- help


def test_help_names_every_command_and_ends_well() -> None:
    _, commands_ = parsers()
    text = printed("--help")
    assert text == printed("-h")
    for name in commands_:
        assert re.search(rf"^    {name} ", text, re.MULTILINE)
        assert printed(name, "--help").startswith(f"usage: gradtui {name} ")


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_help_of_a_view_has_every_knob_with_its_range_and_default(view: Any) -> None:
    text = " ".join(printed(view.name, "--help").split())
    for knob in view.all_knobs:
        assert f"{knob.flag} VALUE" in text
        assert f"{view.help_of(knob)}: {knob.allowed}" in text
        default = knob.text(view.default_setup)
        assert not default or f"(default: {default})" in text


@pytest.mark.parametrize("view", VIEWS)
def test_the_help_of_a_view_names_the_page_of_that_view(view: str) -> None:
    (page,) = re.findall(r"^  (/.+\.md)$", printed(view, "--help"), re.MULTILINE)
    file = Path(page)
    assert file.is_file()
    assert file.parent.name == view  # in the view's own folder
    assert f"gradtui {view}" in file.read_text(encoding="utf-8")


def test_the_examples_of_the_help_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tests = Path(__file__).parent
    for file in (tests / "runs" / "weights" / "fixtures").glob("model*"):
        shutil.copy(file, tmp_path)
    shutil.copy(tests / "models" / "weights" / "fixtures" / "narrowing.pt", "checkpoint.pt")
    count = 0
    endless = ("watch", "serve")
    for words in ([], *([name] for name in parsers()[1] if name not in endless)):
        text = printed(*words, "--help")
        for command in re.findall(r"^  (gradtui .+)$", text, re.MULTILINE):
            if "--against torch" in command and find_spec("torch") is None:
                continue
            given = shlex.split(command.partition(" > ")[0])[1:]
            if given[:1] == ["sweep"]:  # minutes of processes: tests/sweeps has shorter ones
                assert parsed(given).command == "sweep"
            else:
                assert run(*given).status == 0
            count += 1
    assert count > 20


def test_the_version_is_said_in_one_line() -> None:
    assert printed("--version") == f"gradtui {__version__}\n"
    assert printed("--fresh", "--version") == f"gradtui {__version__}\n"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "chrono",
            ("b_f ~ ln U(1, T - 1)", "Tallec & Ollivier", "gradtui time lstm --init chrono"),
        ),
        ("irnn", ("W_hh = α I", "Le, Jaitly & Hinton", "gradtui time lstm --init identity")),
        ("lstm", ("f ∘ c_{t-1} + i ∘ ĝ", "Hochreiter")),
        ("kaiming_normal", ("gradtui init tanh --init kaiming_normal",)),
        ("identity", ("f(z)", "W_hh = α I")),  # first the activation of that name
    ],
)
def test_the_list_knows_cells_and_initialisations(name: str, says: tuple[str, ...]) -> None:
    text = " ".join(run("list", name, "--width", "200").out.split())
    for words in says:
        assert words in text
    rows = json.loads(run("list", name, "--json").out)
    assert says[0] in json.dumps(rows, ensure_ascii=False) or name == "identity"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("GRU", "gru"),
        ("Chrono", "chrono"),
        ("orthogonal(2)", "orthogonal"),
        ("chrono(50)", "chrono"),
    ],
)
def test_the_list_takes_a_name_as_the_views_do(asked: str, name: str) -> None:
    given, plain = (printed("list", one).lower() for one in (asked, name))
    assert given.replace(asked.lower(), name) == plain


def test_what_the_list_offers_to_try_can_be_run() -> None:
    for name in CELL_INITIALISATIONS:
        _, _, line = run("list", name, "--width", "200").out.partition("gradtui time")
        words = line.splitlines()[0].split()
        small = "--steps", "4", "--draws", "2", "--hidden-size", "4"
        assert run("time", *words, *small).status == 0, name


@pytest.mark.parametrize("words", [["list", "-z"], ["list", "-tanh(z)"], ["list", "--", "-z"]])
def test_a_formula_may_begin_with_a_minus(words: list[str]) -> None:
    done = run(*words)
    assert done.status == 0
    assert done.out.startswith(words[-1] + "\n")
