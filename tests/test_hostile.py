"""Text from strangers: whatever is shown of it, none of it acts on the terminal.

Wherever text can come in (words, file names, variables, settings, the state file, typing), the
examples carry escape sequences, control characters, markup and what reorders a line. What comes
out may hold newlines and the program's own colours, and nothing else that is not plain text.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from textual import events

from gradtui.app import panes, steps, storage
from gradtui.app.main import GradTUI
from gradtui.app.prompt import Prompt
from gradtui.app.state import State
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.plots.ansi import SGR
from gradtui.settings import SETTINGS
from gradtui.setup import KNOBS
from gradtui.views import VIEWS
from gradtui.views.view import Size
from support.app import running, settle, shown
from support.commands import Done, run

pytestmark = pytest.mark.heavy

_ACTS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of what is no plain text."""
_OWN = re.compile("|".join(re.escape(f"\x1b[{number}m") for number in {*SGR.values(), "0"}))

ATTACKS = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]52;c;cm0gLXJmIH4=\x07",
    "\x1bP+q544e\x1b\\",
    "\x1b[2J\x1b[H",
    "\x1b[?1049l",
    "\x9b31m",
    "\x90q\x9c",
    "\r\n\r\n$ ",
    "\x00\x01\x07\x08\x7f",
    "\u202etfel ot thgir\u202c",
    "\u2066\u2067\u2068\u2069\u061c",
    "\u200b\u200d\ufeff\u00ad",
    "a\u0300\u0301\u0302" * 30,
    "[red]markup[/red]",
    "[@click=app.quit]click[/]",
    "[/]",
    "[",
    "\\[bold]",
    "%s%n{0}{x}",
    "表" * 50,
    "x" * 5_000,
    "\u2028\u2029\x85\x0b\x0c",
    "\ud800",
    "\U000e0041",
]
_PIECES = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(codec=None), max_size=20),
    st.sampled_from([*ACTIVATIONS, "leaky_relu(0.2)", "elu(alpha=", ")", ",", " ", "1", "-", "="]),
)
hostile = st.lists(_PIECES, min_size=1, max_size=4).map("".join)
of_the_system = hostile.map(
    # A file name, a word and a variable are bytes without a zero.
    lambda text: os.fsdecode(text.encode("utf-8", "surrogatepass").replace(b"\0", b""))
)
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
few = settings(many, max_examples=15)


def acting(text: str) -> set[str]:
    """What in it is neither plain text nor a newline."""
    return {one for one in text if one != "\n" and unicodedata.category(one) in _ACTS}


_PROGRESS = re.compile(r"\r[a-z]+: \d+%|\r +\r")
"""The line that a command shows where it takes long, as on a machine that is busy."""


def check(done: Done) -> None:
    """A command printed nothing that acts; its own colours only on stdout."""
    assert done.status in (0, 1, 2)
    assert not acting(_PROGRESS.sub("", done.err)), done.err
    assert not acting(_OWN.sub("", done.out)), done.out


@contextmanager
def variables(**values: str) -> Iterator[None]:
    """Environment variables for the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


# ---------------------------------------------------------------- the command


@many
@given(text=of_the_system, terminal=st.booleans())
def test_words_of_a_command(text: str, terminal: bool) -> None:
    check(run(text, terminal=terminal))
    check(run("list", text, terminal=terminal))
    check(run("derivative", text, terminal=terminal))
    check(run("decay", "--depth=2", "tanh", text, terminal=terminal))
    check(run("decay", f"--{text}", terminal=terminal))
    check(run("completion", text, terminal=terminal))


@many
@given(
    knob=st.sampled_from(
        [(name, knob.flag) for name, view in VIEWS.items() for knob in view.all_knobs]
    ),
    text=of_the_system,
)
def test_values_of_every_knob(knob: tuple[str, str], text: str) -> None:
    view, flag = knob
    check(run(view, f"{flag}={text}", terminal=True))
    check(run(view, flag, text, "--color", "always"))


@many
@given(
    option=st.sampled_from(["width", "height", "marker", "color", "theme", "colors", "language"]),
    text=of_the_system,
)
def test_values_of_every_option(option: str, text: str) -> None:
    check(run("decay", "--depth=2", f"--{option}={text}"))
    check(run(f"--{option}={text}"))
    check(run("list", f"--{option}={text}"))


@few
@given(text=of_the_system, ending=st.sampled_from(["", ".svg", ".txt", ".csv", ".json", ".png"]))
def test_names_of_files(text: str, ending: str, here: Path) -> None:
    name = (text.replace("/", "") or "x") + ending
    check(run("decay", "--depth=2", f"--output={name}", terminal=True))
    check(run("list", f"--output=no/such/{name}", terminal=True))


@few
@given(text=of_the_system)
def test_what_an_activation_is_called_in_every_format(text: str) -> None:
    for option in ("--json", "--csv", "--color=always"):
        done = run("decay", "--depth=2", text, option)
        check(done)
        if option == "--json" and done.status == 0:
            json.loads(done.out)


@many
@given(text=of_the_system, encoding=st.sampled_from(["ascii", "latin-1", "utf-8"]))
def test_in_any_encoding(text: str, encoding: str) -> None:
    check(run("derivative", text, encoding=encoding, terminal=True))
    check(run("chain", f"--weights={text}", encoding=encoding, terminal=True))


@many
@given(name=st.sampled_from([one.variable for one in SETTINGS.values()]), text=of_the_system)
def test_values_of_variables(name: str, text: str) -> None:
    with variables(**{name: text}):
        check(run("decay", "--depth=2", terminal=True))
        check(run("settings", terminal=True))
        check(run("list", "tanh", terminal=True))


@few
@given(
    name=st.sampled_from(["TERM", "COLORTERM", "NO_COLOR", "LANG", "SSH_TTY", "COLUMNS", "LINES"]),
    text=of_the_system,
)
def test_values_of_the_system_s_variables(name: str, text: str) -> None:
    with variables(**{name: text}):
        check(run("decay", "--depth=2", terminal=True))
        check(run("settings", terminal=True))
        check(run())  # the app, which finds no terminal


@many
@given(text=of_the_system, content=st.sampled_from(["nonsense", "nope = 1", "marker = 'x'", ""]))
def test_the_settings_file_s_own_path(text: str, content: str, here: Path) -> None:
    folder = here / (text.replace("/", "").strip(".")[:40] or "x")
    with variables(XDG_CONFIG_HOME=str(folder)):
        try:
            (folder / "gradtui").mkdir(parents=True, exist_ok=True)
            (folder / "gradtui" / "settings.toml").write_text(content, encoding="utf-8")
        except OSError:
            return  # a name that no file can have
        check(run("decay", "--depth=2", terminal=True))
        check(run("settings", terminal=True))


def toml_string(text: str) -> str:
    """A string of TOML that stands for the text."""
    return json.dumps(text.encode("utf-8", "replace").decode("utf-8")).replace("\x7f", "\\u007f")


@many
@given(name=hostile, value=hostile, raw=st.booleans())
@example(name="marker", value="\x1b[31m", raw=False)
def test_what_is_in_the_settings_file(name: str, value: str, raw: bool, state_home: Path) -> None:
    file = state_home.parent / "config-home" / "gradtui" / "settings.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    if raw:
        content = f"{name} = {value}".encode("utf-8", "surrogatepass")
    else:
        pairs = (f"{toml_string(name)} = {toml_string(value)}", f"marker = {toml_string(value)}")
        content = "\n".join(pairs).encode("utf-8", "replace")
    file.write_bytes(content)
    check(run("decay", "--depth=2", terminal=True))
    check(run("settings", terminal=True))


# -------------------------------------------------------------------- the app


def held(state: State) -> str:
    """Everything that the panes show of a state, whatever the result."""
    return "\n".join(
        picture.text
        for width in (60, 80, 200)
        for picture in (
            panes.top(state, width, 0.5),
            panes.side(state, Size(24, 20)),
            panes.bottom(state, width),
        )
    )


@many
@given(text=hostile)
def test_whatever_is_typed_into_the_filter(text: str) -> None:
    state = steps.filtered(State(), text)
    assert not acting(held(state)), held(state)


@many
@given(name=st.sampled_from(sorted(KNOBS)), text=hostile)
def test_whatever_is_typed_into_a_knob(name: str, text: str) -> None:
    state = State()
    try:
        state = steps.set_knob(state, name, text)
    except ValueError as error:
        state = state.saying(str(error), failed=True)
    assert not acting(state.message)
    assert not acting(held(state))
    assert not acting(shlex.join(state.record.command(state.setup)))


@many
@given(text=hostile)
def test_an_activation_s_text_form_is_its_own_and_not_the_stranger_s(text: str) -> None:
    for form in (text, f"relu({text})", f"leaky_relu(negative_slope={text})", f" {text} "):
        try:
            said = activation(form).spec
        except ValueError as error:
            said = str(error)
        assert not acting(said)
        assert len(said) < 500


@many
@given(text=hostile)
def test_whatever_stands_in_the_state_file(text: str, state_home: Path) -> None:
    file = storage.state_file()
    storage.save(State(), file)
    good = json.loads(file.read_text(encoding="utf-8"))
    broken: list[Callable[[], object]] = [
        lambda: good | {"highlight": text},
        lambda: good | {"view": text},
        lambda: good | {"theme": text},
        lambda: good | {"version": text},
        lambda: good | {"setup": good["setup"] | {"activations": text}},
        lambda: good | {"setup": good["setup"] | {"weights": text}},
        lambda: good | {"setup": good["setup"] | {text: text}},
        lambda: good | {"setup": text},
        lambda: {text: text},
    ]
    for kept in broken:
        file.write_text(json.dumps(kept()), encoding="utf-8")
        state = storage.load(file)
        assert not acting(held(state)), held(state)
        for aside in file.parent.glob("*broken*"):
            aside.unlink()
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert not acting(held(storage.load(file)))


@many
@given(text=of_the_system)
def test_the_state_file_s_own_path(text: str, here: Path) -> None:
    file = here / (text.replace("/", "").strip(".")[:40] or "x") / "state.json"
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_text("{", encoding="utf-8")
    except OSError:
        return
    assert not acting(held(storage.load(file)))


def on_screen(app: GradTUI) -> str:
    """Every character that the compositor would send, without styles."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height
    text = "\n".join(strip.text for strip in lines)
    assert all(strip.cell_length <= width for strip in lines)
    return text


@pytest.mark.parametrize("key", ["slash", "d", "w", "e", "ctrl+p"])
async def test_whatever_is_pasted_is_shown_as_plain_text(key: str, here: Path) -> None:
    async with running() as (app, pilot):
        # One line is pasted, and what no terminal can send is left out.
        sent = [" ".join(text.split()) for text in ATTACKS if "\ud800" not in text]
        for text in [" ".join(sent[start::5]) for start in range(5)]:
            await pilot.press(key)
            await pilot.pause()
            target = app.focused
            assert target is not None
            target.post_message(events.Paste(text))
            await pilot.pause()
            assert not acting(on_screen(app)), (key, text)
            await pilot.press("enter")
            await pilot.pause()
            assert not acting(on_screen(app)), (key, text)
            assert not acting(shown(app)), (key, text)
            for _ in range(2):
                if app.screen is not app.screen_stack[0] or app.query_one(Prompt).display:
                    await pilot.press("escape")
                    await pilot.pause()
        assert app.return_code is None


async def test_a_message_is_text_and_no_markup(here: Path) -> None:
    async with running() as (app, pilot):
        for text in ATTACKS:
            app.state = steps.filtered(app.state, text.strip()[:500])
            await settle(pilot)
            assert not acting(on_screen(app)), text
        app.state = steps.filtered(app.state, "[red]")
        await settle(pilot)
        assert "/[red]" in shown(app)


@pytest.mark.parametrize(
    "name",
    [
        "~nobody-of-this-name/x.svg",
        "x" * 300 + ".svg",
        "x/" * 3000 + ".svg",
        "\x00.svg",
        "a\nb.svg",
        "\ud800.svg",
        "\u202e.svg",
        "\x1b[31m.svg",
        ".svg",
        "",
        "/",
        "..",
        "no/such/x.svg",
        "/dev/full",
    ],
    ids=lambda name: ascii(name[:20]),
)
async def test_any_name_that_is_typed_for_an_export_is_taken_or_refused(
    name: str, here: Path
) -> None:
    async with running() as (app, pilot):
        await pilot.press("e")
        await pilot.pause()
        prompt = app.query_one(Prompt)
        prompt.put(name)
        await pilot.press("enter")
        await pilot.pause()
        assert app.return_code is None
        assert prompt.display or "Saved" in app.state.message
        assert not acting(app.state.message)
        assert not acting(on_screen(app))
    for file in here.iterdir():
        assert file.suffix == ".svg"
