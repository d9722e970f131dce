"""Bad input on the command line: one clear error each, status 2, nothing half-written."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.cli.parsers import parsers
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.settings import SETTINGS
from gradtui.views import VIEWS
from support.commands import FORETOLD, run


def refused(*words: str, encoding: str = "utf-8", terminal: bool = False) -> str:
    """The message of a command that is refused as every bad command is."""
    done = run(*words, encoding=encoding, terminal=terminal)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("gradtui: error: ")
    assert done.err.count("\n") == 1
    assert done.err.endswith("\n")
    assert len(done.err) < 600
    return done.err.removeprefix("gradtui: error: ").rstrip("\n")


WRONG_VALUES = {
    "decay --depth 0": ["depth", "'0'", "from 1 to 100,000"],
    "decay --depth -3": ["depth", "'-3'", "from 1 to 100,000"],
    "decay --depth 1e9": ["depth", "'1e9'", "from 1 to 100,000"],
    "decay --depth abc": ["depth", "'abc'", "a whole number"],
    "decay --depth 2.5": ["depth", "'2.5'", "a whole number"],
    "decay --depth=": ["depth", "''", "from 1 to 100,000", "it is empty"],
    "decay --threshold ''": ["threshold", "''", "from 1e-300 to 0.999", "it is empty"],
    "decay --weights ' '": ["weights", "' '", "a list like", "it is empty"],
    "decay --units ''": ["units", "''", "a whole number from 1", "it is empty"],
    "decay --init ''": ["init", "''", "1 to 6 initialisations", "it is empty"],
    "decay --activations ''": ["activations", "1 to 6 activations", "it is empty"],
    "decay --loss ''": ["loss", "squared_error", "it is empty"],
    "decay --model ''": ["model", "chain or network", "it is empty"],
    "phase --sigma-w-range ''": ["sigma-w-range", "low:high", "it is empty"],
    "phase --sigma-w-range 1:": ["sigma-w-range", "'1:'", "low:high", "high is missing"],
    "phase --sigma-w-range :1": ["sigma-w-range", "':1'", "low:high", "low is missing"],
    "chain --width ''": ["width", "from 40 to 1,000", "it is empty"],
    "chain --height ''": ["height", "from 12 to 1,000", "it is empty"],
    "list foo": ["'foo'", "a known activation", "try sigmoid, tanh or relu"],
    "chain --output .svg": ["'.svg'", "ends in one of", "try gradtui.svg"],
    "chain --output dir/.PNG": ["ends in one of", "try gradtui.png"],
    "chain --output a.": ["'a.'", "ends in one of", "try a.svg"],
    "list --output .csv": ["'.csv'", "ends in one of", "try gradtui.csv"],
    "chain --width 1": ["width", "'1'", "from 40 to 1,000"],
    "chain --width 1e3": ["width", "'1e3'", "from 40 to 1,000"],
    "chain --width 99999999999999999999": ["width", "from 40 to 1,000"],
    "chain --width ²": ["width", "'²'", "from 40 to 1,000"],
    "chain --height 0": ["height", "'0'", "from 12 to 1,000"],
    "chain --height -5": ["height", "'-5'", "from 12 to 1,000"],
    "list --width 1": ["width", "'1'", "from 40 to 1,000"],
    "chain --weights nan": ["weights", "'nan'", "finite"],
    "chain --weights inf": ["weights", "'inf'", "finite"],
    "chain --weights -inf": ["weights", "'-inf'", "finite"],
    "chain --weights 1e400": ["weights", "'1e400'", "finite"],
    "chain --weights 1e200": ["weights", "'1e200'", "1e100"],
    "chain --weights 1,,2": ["weights", "'1,,2'", "item 2 of 3 is empty"],
    "chain --biases ,2": ["biases", "',2'", "item 1 of 2 is empty"],
    "decay --units 5,,5": ["units", "'5,,5'", "item 2 of 3 is empty"],
    "decay --units '[5, 5,]'": ["units", "item 3 of 3 is empty"],
    "decay --activations relu,,tanh": ["activations", "item 2 of 3 is empty"],
    "decay 'elu(1,),tanh'": ["'elu(1,)'", "complete"],
    "decay relu,": ["activations", "'relu,'", "item 2 of 2 is empty"],
    "decay --init 'normal(1), ,orthogonal'": ["init", "item 2 of 3 is empty"],
    "chain --weights 1,2 --depth 3": ["weights", "2 values", "3 layers", "depth"],
    "chain --weights 1,2 --biases 1,2,3": ["biases", "3 values", "2 layers"],
    "chain --weights 'normal(std=-1)'": ["weights", "-1", "normal(std=1)"],
    "chain --weights 'uniform(1)'": ["weights", "'uniform(1)'", "normal(std=1)"],
    "chain --x nan": ["x", "'nan'", "finite"],
    "chain --loss cross_entropy": ["loss", "'cross_entropy'", "squared_error"],
    "decay --seed -1": ["seed", "'-1'", "from 0 to"],
    "decay --samples 0": ["samples", "'0'", "from 1 to"],
    "decay --threshold 2": ["threshold", "'2'", "0.999"],
    "derivative --z-range 6:-6": ["--z-range", "'6:-6'", "low:high", "low below high", "-6:6"],
    "derivative --z-range 6": ["--z-range", "'6'", "low:high", "-6:6"],
    "derivative --z 99": ["z", "99", "-6 to 6"],
    "chain --layer 9": ["layer", "9", "from 1 to 3"],
    "decay --focus mish": ["focus", "'mish'", "sigmoid, tanh, relu"],
    "decay sigmiod": ["activation", "'sigmiod'", "sigmoid", "gradtui list"],
    "decay siren": ["activation", "'siren'", "sin"],
    "decay 'leaky_relu(0.2'": ["activation", "'leaky_relu(0.2'", "name(parameter=value)"],
    "decay 'relu(3)'": ["relu", "'relu(3)'", "takes: none"],
    "decay 'elu(beta=1)'": ["elu", "'beta'", "alpha"],
    "decay 'elu(alpha=nan)'": ["alpha", "'nan'", "finite"],
    "decay 'leaky_relu(a=1, 2)'": ["activation", "plain values"],
    "decay ''": ["activations", "''", "1 to 6"],
    "decay relu tanh elu selu gelu silu mish": ["activations", "1 to 6"],
    "decay relu --activations tanh": ["activations", "'relu'", "'tanh'", "one of the two"],
    "verify --group network": ["--group", "'network'", "networks"],
    "verify --group xyz": ["--group", "'xyz'", "activations, chains, networks, mean-field"],
    "verify --against jax": ["--against", "'jax'", "torch"],
    "verify --setups 5": ["--setups", "random setups", "--against torch"],
    "verify --seed 5": ["--seed", "random setups", "--against torch"],
    "verify --against torch --setups 0": ["--setups", "'0'", "1 to 100,000", "100"],
    "verify --against torch --setups 1e3": ["--setups", "'1e3'", "a whole number"],
    "verify --against torch --seed -1": ["--seed", "'-1'", "a whole number from 0"],
    "verify --against torch --group chains": ["--group", "'chains'", "activations, networks"],
    "verify --output v.svg": ["output", "'v.svg'", ".txt, .csv, .json"],
    "list nothing": ["activation", "'nothing'", "gradtui list"],
    "chain --color blue": ["--color", "'blue'", "auto", "always", "never"],
    "chain --marker stars": ["--marker", "'stars'", "braille", "ascii"],
    "list relu --language fr": ["--language", "'fr'", "en", "ko"],
    "completion fish": ["'fish'", "bash", "zsh", "tcsh"],
    "--theme blue": ["theme", "'blue'", "dark", "light"],
    "--mouse maybe": ["--mouse", "'maybe'", "on", "off"],
    "chain --output picture.gif": [
        "output",
        "'picture.gif'",
        ".svg, .pdf, .png, .txt, .csv, .json",
    ],
    "chain --theme dark": ["--theme", "figure", "--output"],
    "chain --verdict --output a.csv": ["--verdict", "figure", ".svg, .pdf, .png"],
    "chain --no-caption --json": ["--no-caption", "figure", ".svg"],
    "chain --theme blue --output a.svg": ["--theme", "'blue'", "light", "dark"],
    "chain --output picture": ["output", "'picture'", ".svg"],
    "chain --output ''": ["output", "''", "standard output"],
    "chain --csv --output=": ["output", "''", "standard output"],
    "chain --output a.svg/": ["output", "'a.svg/'", "a file's name"],
    "chain --json --output ~nobody-there/a.json": ["output", "there is no ~nobody-there"],
    "chain --csv --output o.json": [
        "output",
        "'o.json'",
        ".json",
        "--csv",
        "leave one of them out",
    ],
    "chain --json --output O.SVG": ["output", "'O.SVG'", ".svg", "--json"],
    "list --csv --output list.json": ["output", "'list.json'", ".json", "--csv"],
    "list --output list.svg": ["output", "'list.svg'", ".txt, .csv, .json"],
}


@pytest.mark.parametrize("command", WRONG_VALUES)
def test_a_wrong_value_is_told_with_its_field_and_what_is_allowed(command: str) -> None:
    message = refused(*shlex.split(command))
    for part in WRONG_VALUES[command]:
        assert part in message


WRONG_WORDS = {
    "decya": ["'decya'", "decay"],
    "helpme": ["'helpme'", f"{', '.join(VIEWS)}, list"],
    "tanh": ["'tanh'", "gradtui derivative tanh"],
    "''": ["command", "derivative"],
    "derivative --depth 3": ["'--depth'", "chain, decay", "have it; derivative has", "--z-range"],
    "derivative --dept 3": ["'--dept'", "chain, decay", "have --depth"],
    "chain --samples 3": ["'--samples'", "decay has it", "chain has", "--layer"],
    "decay --z=3": ["'--z'", "derivative has it", "--samples"],
    "decay --dept 3": ["'--dept'", "--depth"],
    "decay --qqqqqq": ["'--qqqqqq'", "gradtui decay --help"],
    "list --qqqqqq": ["'--qqqqqq'", "gradtui list --help"],
    "list relu tanh": ["'tanh'", "gradtui list --help"],
    "verify now": ["'now'", "gradtui verify --help"],
    "completion": ["SHELL", "gradtui completion --help"],
    "--qqqqqq": ["'--qqqqqq'", "gradtui --help"],
    "--qqqqqq x": ["'--qqqqqq'", "gradtui --help"],
    "--theme dark x": ["'x'", "gradtui --help"],
    "--theme": ["--theme", "gradtui --help"],
    "--fresh decay": ["'--fresh'", "gradtui decay"],
    "--depth 5 decay": ["'--depth'", "gradtui decay"],
    "decay --fresh": ["'--fresh'", "gradtui decay --help"],
    "decay --depth": ["--depth", "gradtui decay --help"],
    "decay --weights --json": ["--weights", "gradtui decay --help"],
    "decay --json --csv": ["--csv", "--json"],
    "decay --json=1": ["--json", "'1'"],
    "decay -x": ["'-x'", "gradtui decay --help"],
    "decay -- -x": ["-x"],
    "decay -5": ["-5"],
}


@pytest.mark.parametrize("command", WRONG_WORDS)
def test_a_wrong_word_is_told_with_what_was_meant_or_is_there(command: str) -> None:
    message = refused(*shlex.split(command))
    for part in WRONG_WORDS[command]:
        assert part in message


@pytest.mark.parametrize("view", VIEWS)
def test_an_option_of_another_view_is_told_where_it_belongs(view: str) -> None:
    own = {knob.flag for knob in VIEWS[view].all_knobs}
    for other in VIEWS.values():
        for flag in {knob.flag for knob in other.all_knobs} - own:
            message = refused(view, flag, "1")
            assert other.name in message
            assert own <= set(re.findall(r"--[a-z-]+", message))


# --------------------------------------------------- what the world is like


def test_without_a_terminal_the_app_says_what_prints_the_same() -> None:
    message = refused()
    assert "needs a terminal" in message
    assert "`gradtui decay`" in message


def test_a_dumb_terminal_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    message = refused(terminal=True)
    assert "TERM=dumb" in message
    assert "`gradtui decay`" in message


def test_marks_and_languages_that_the_encoding_lacks_are_refused() -> None:
    assert "--marker ascii" in refused("chain", "--marker", "braille", encoding="ascii")
    assert "--language en" in refused("list", "relu", "--language", "ko", encoding="latin-1")


def test_an_error_is_ascii_where_stderr_is() -> None:
    assert refused("chain", "--loss", "x", encoding="ascii").isascii()


def test_a_setting_that_is_wrong_names_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADTUI_MARKER", "stars")
    message = refused("chain")
    assert "GRADTUI_MARKER" in message
    assert "'stars'" in message
    assert run("--help").status == run("--version").status == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/a.svg", "No such file or directory"),
        ("a.txt/b.svg", "Not a directory"),
        ("directory.svg", "Is a directory"),
        ("pipe.svg", "not a regular file"),
        ("n" * 260 + ".svg", "too long"),
        ("\0.svg", "NUL"),
    ],
)
def test_an_output_that_cannot_be_written_is_told_with_the_reason(
    name: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "directory.svg").mkdir()
    os.mkfifo(tmp_path / "pipe.svg")
    before = sorted(tmp_path.iterdir())
    message = refused("chain", "--output", str(tmp_path / name))
    assert reason in message
    assert message.startswith("output: ")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_device_is_no_output() -> None:
    assert "not a regular file" in refused("chain", "--json", "--output", "/dev/full")


def test_the_name_of_an_output_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "\x1b[31m.svg"
    assert "\\x1b[31m" in refused("chain", "--output", f"{tmp_path}/no/\x1b[31m.svg")
    done = run("chain", "--output", str(file))
    assert done.status == 0
    assert "\x1b" not in done.err


# ------------------------------------------------------------------ garbage

_, COMMANDS = parsers()
FLAGS = sorted(
    {flag for command in COMMANDS.values() for flag in command.flags}
    | {"--theme", "--fresh", "--version", "-h", "--", "-", "--depth=3", "--x=-1"}
    | {setting.flag for setting in SETTINGS.values()}
)
VALUES = [
    *("0", "1", "2", "-3", "7", "1e9", "1e400", "-1e-320", "nan", "-inf", "abc", "", " ", ","),
    *("1,2,3", "-0.5,1", "normal(std=0)", "normal()", "normal(", "-6:6", "6:-6", ":", "1:2:3"),
    *("squared_error(target=0)", "40", "80", "always", "never", "ascii", "block", "auto", "en"),
    *(
        "out.svg",
        "out.csv",
        "no/such/directory/out.txt",
        ".",
        "-",
        "out.pdf",
        "out.gif",
        "bash",
        "tcsh",
    ),
    *("leaky_relu(0.2)", "leaky_relu(", "relu)", "elu(alpha=-1e308)", "celu(alpha=1e-300)"),
    *("softplus(beta=1e300)", "threshold(1,2)", "sigmoid,tanh", "RELU", "σ", "\x1b[2J", "\ud800"),
]
PLAIN = st.text(st.characters(exclude_characters="/"), max_size=8)
WORDS = st.one_of(
    st.sampled_from([*VIEWS, "list"]),
    st.sampled_from(list(ACTIVATIONS)),
    st.sampled_from(FLAGS),
    st.sampled_from(VALUES),
    PLAIN,
    st.builds("{}={}".format, st.sampled_from(FLAGS), st.sampled_from(VALUES) | PLAIN),
)
ENDLESS = ("verify", "sweep", "watch", "serve")
"""Two are long, the others go on until they are ended."""
COMMAND_LINES = st.tuples(
    st.sampled_from([*([name] for name in COMMANDS if name not in ENDLESS), []]),
    st.lists(WORDS, max_size=6),
).map(lambda parts: parts[0] + parts[1])


@pytest.mark.heavy
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=COMMAND_LINES)
def test_whatever_the_words_the_end_is_good_or_one_clear_error(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))  # which "-" reads
    done = run(*words)
    told_by_status = "--check" in words or words[:1] == ["ask"]
    assert done.status in ((0, 1, 2) if told_by_status else (0, 2))
    unshowable = {unicodedata.category(character) for character in done.err.replace("\n", "")}
    assert not unshowable & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    if done.status == 2:
        assert done.out == ""
        assert done.err.startswith("gradtui: error: ")
        assert done.err.count("\n") == 1
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".gradtui")]


NUMBERS = st.floats() | st.integers() | st.sampled_from([0.0, -0.0, 5e-324, 1e100, -1e100])


@pytest.mark.heavy
@settings(max_examples=200)
@given(
    view=st.sampled_from(list(VIEWS)),
    names=st.lists(st.sampled_from(list(ACTIVATIONS)), max_size=3),
    depth=st.integers(1, 60),
    given_knobs=st.dictionaries(
        st.sampled_from(["weights", "biases", "x", "loss", "threshold", "seed"]), NUMBERS
    ),
)
def test_whatever_the_numbers_a_view_prints_or_says_why_not(
    view: str, names: list[str], depth: int, given_knobs: dict[str, float]
) -> None:
    flags = {knob.name: knob.flag for knob in VIEWS[view].all_knobs}
    words = [view, *names]
    for name, value in given_knobs.items():
        if name in flags:
            words += [flags[name], repr(value)]
    small = {"depth": depth, "samples": 5}
    if view == "init":
        small |= {"networks": 2, "units": 8}
    for name, value in small.items():
        words += [flags[name], str(value)] if name in flags else []
    done = run(*words)
    assert done.status in (0, 2)
    assert (re.sub(FORETOLD, "", done.err) == "") == (done.status == 0)
    if view != "run":  # the loss of the run that is shown is not a number in its file
        assert "nan" not in done.out


@pytest.mark.parametrize("flag", ["--depth", "--activations", "--loss", "--width", "--output"])
def test_two_hyphens_are_no_value(flag: str) -> None:
    done = run("decay", f"{flag}=--")
    assert done.status == 2
    assert f"{flag}: '--' is no value of it" in done.err


def test_a_comma_at_the_end_of_a_word_is_one_between_two_words() -> None:
    asked = run("decay", "relu,", "tanh", "--depth", "2", "--samples", "2", "--csv")
    assert asked.status == 0
    assert asked.out == run("decay", "relu", "tanh", "--depth", "2", "--samples", "2", "--csv").out
