"""Settings: which source wins, what auto means, and what is said of a bad value."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradtui import settings
from gradtui.errors import InputError
from gradtui.settings import AUTO, SETTINGS, resolve, settings_file
from support.commands import run
from support.terminal import GRADTUI, SOURCE

OTHER = {
    name: [one for one in setting.choices if one != AUTO] for name, setting in SETTINGS.items()
}
"""The values of each setting that are not the default."""
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@pytest.fixture
def file(state_home: Path) -> Path:
    """The settings file's place; its directory is there."""
    file = settings_file()
    file.parent.mkdir(parents=True)
    return file


def refused() -> str:
    """What `resolve` complains of."""
    with pytest.raises(InputError) as caught:
        resolve()
    return str(caught.value)


# ---------------------------------------------------------------- precedence


@pytest.mark.parametrize("name", SETTINGS)
def test_the_nearest_source_wins(name: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = SETTINGS[name]
    one, two, *_ = OTHER[name]
    assert resolve()[name] == settings.Chosen(setting.default, "default")
    file.write_text(f'{name} = "{one}"\n', encoding="utf-8")
    assert resolve()[name] == settings.Chosen(one, str(file))
    monkeypatch.setenv(setting.variable, two)
    from_environment = resolve()[name]
    assert from_environment.value == two
    assert setting.variable in from_environment.source
    assert resolve({name: one})[name] == settings.Chosen(one, setting.flag)
    assert resolve({name: None})[name] == from_environment
    # Auto is a choice too, and hides what is farther away.
    assert resolve({name: AUTO})[name] == settings.Chosen(AUTO, setting.flag)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_empty_variable_says_nothing(
    name: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTINGS[name].variable, "")
    assert resolve()[name].source == "default"


def test_names_of_variables_and_flags_follow_from_the_setting_s() -> None:
    assert {setting.variable for setting in SETTINGS.values()} == {
        "GRADTUI_MARKER", "GRADTUI_COLORS", "GRADTUI_MOUSE", "GRADTUI_THREADS"
    }  # fmt: skip
    assert [setting.flag for setting in SETTINGS.values()] == [
        "--marker", "--colors", "--mouse", "--threads"
    ]  # fmt: skip


def test_numbers_and_booleans_may_be_written_without_quotes(file: Path) -> None:
    file.write_text("mouse = true\ncolors = 256\nthreads = 2\n", encoding="utf-8")
    chosen = {name: one.value for name, one in resolve().items()}
    assert chosen == {"marker": AUTO, "mouse": "on", "colors": "256", "threads": "2"}
    file.write_text("mouse = false\n", encoding="utf-8")
    assert resolve()["mouse"].value == "off"


# ---------------------------------------------------------------- bad values


@pytest.mark.parametrize("name", SETTINGS)
def test_a_bad_value_is_named_with_its_place(
    name: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = SETTINGS[name]
    file.write_text(f'{name} = "lots"\n', encoding="utf-8")
    for words in (name, str(file), "'lots'", *setting.choices):
        assert words in refused()
    monkeypatch.setenv(setting.variable, "many")
    for words in (name, setting.variable, "'many'", *setting.choices):
        assert words in refused()
    with pytest.raises(InputError, match="'few'") as caught:
        resolve({name: "few"})
    assert setting.flag in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("marker = ['braille']", ["marker", "braille"]),
        ("[marker]\nkind = 'braille'", ["marker"]),
        ("marker = 1979-05-27", ["marker", "'1979-05-27'"]),
        ("threads = 3", ["threads", "'3'"]),
        ("threads = -1", ["threads", "'-1'"]),
        ("colors = 1e400", ["colors", "'inf'"]),
        ("mouse = nan", ["mouse", "'nan'"]),
        ("marker = ''", ["marker", "''"]),
        ("Marker = 'braille'", ["'Marker'", "marker, colors, mouse, threads"]),
        ("colour = '16'", ["'colour'", "colors"]),
        ("a.b.c = 1", ["'a'"]),
        ("marker = ", ["TOML", "line 1"]),
        ("marker 'braille'", ["TOML"]),
        ("marker = 'dot'\nmarker = 'dot'", ["TOML", "line 2"]),
        ("\x00", ["TOML"]),
        ("[" * 20_000, ["settings.toml"]),
        ("a = " + "[" * 20_000, ["settings.toml"]),
        ("threads = " + "9" * 5_000, ["settings.toml"]),
        ("threads = 0x" + "f" * 5_000, ["settings.toml"]),
        ("colors = '" + "x" * 100_000 + "'", ["colors"]),
        ("a" + ".a" * 100_000 + " = 1", ["line 1 has a key of more than 100 parts"]),
        ("# one\n[a" + ".a" * 100_000 + "]", ["line 2 has a key of more than 100 parts"]),
        ("#" * 300_000, ["larger than 262,144 bytes"]),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, str) else "",
)
def test_a_file_that_says_nothing_sensible_is_told_in_a_line(
    content: str, said: list[str], file: Path
) -> None:
    file.write_text(content, encoding="utf-8")
    message = refused()
    assert str(file) in message
    for words in said:
        assert words in message
    assert "\n" not in message
    assert len(message) < 500
    done = run("decay", "--csv")
    assert (done.status, done.out) == (2, "")
    assert done.err == f"gradtui: error: {message}\n"


def test_a_file_that_is_no_text_or_cannot_be_read_is_told(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    assert str(file) in refused()
    file.unlink()
    file.mkdir()
    assert "directory" in refused()


def test_a_pipe_in_the_file_s_place_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)
    assert "not a regular file" in refused()


def test_a_line_of_dots_is_no_key(file: Path) -> None:
    file.write_text(f"# {'.' * 500}\nmarker = 'dot'  # {'.' * 500}\n", encoding="utf-8")
    assert resolve()["marker"].value == "dot"


def test_help_and_version_need_no_good_settings(file: Path) -> None:
    """Whoever looks for the way out of a bad file finds it."""
    file.write_text("nonsense", encoding="utf-8")
    assert run("--help").status == 0
    assert run("--version").status == 0


# --------------------------------------------------------------------- paths


def test_the_file_is_where_the_xdg_specification_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/somewhere/config")
    assert settings_file() == Path("/somewhere/config/gradtui/settings.toml")
    monkeypatch.setenv("HOME", str(tmp_path))
    for ignored in ("", "relative/path", "~/config"):
        monkeypatch.setenv("XDG_CONFIG_HOME", ignored)
        assert settings_file() == tmp_path / ".config" / "gradtui" / "settings.toml"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert settings_file() == tmp_path / ".config" / "gradtui" / "settings.toml"


def test_nothing_is_written_where_settings_are_only_read(tmp_path: Path) -> None:
    resolve()
    assert not settings_file().parent.exists()


def test_a_user_without_a_home_or_an_entry_has_the_defaults() -> None:
    """A container that runs under a number nobody knows."""
    program = (
        "import pwd, sys\n"
        "def nobody(number): raise KeyError(number)\n"
        "pwd.getpwuid = nobody\n"
        "from gradtui.cli import main\n"
        "sys.exit(main(['decay', '--depth', '3', '--csv']))\n"
    )
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=env | {"PYTHONPATH": SOURCE},
        capture_output=True,
        timeout=60,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0


# ---------------------------------------------------------------------- auto


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing about the terminal."""
    for name in ("TERM", "COLORTERM", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("env", "colours"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit"}, "truecolor"),
        ({"TERM": "xterm-256color", "COLORTERM": "yes"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": ""}, "256"),
        ({"TERM": "screen-256color"}, "256"),
        ({"TERM": "tmux-256color"}, "256"),
        ({"TERM": "XTERM-256COLOR"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "screen"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "vt100", "COLORTERM": "truecolor"}, "none"),
        ({"TERM": "dumb"}, "none"),
        ({"TERM": ""}, "none"),
        ({}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": "0"}, "none"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "256"),
    ],
    ids=str,
)
def test_colours_by_what_the_terminal_says(
    env: dict[str, str], colours: str, bare: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        bare.setenv(name, value)
    assert settings.colours(AUTO) == colours
    # What was asked for is not second-guessed.
    for chosen in OTHER["colors"]:
        assert settings.colours(chosen) == chosen


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY"])
def test_the_mouse_is_not_taken_over_ssh(name: str, bare: pytest.MonkeyPatch) -> None:
    assert settings.mouse(AUTO)
    bare.setenv(name, "")
    assert settings.mouse(AUTO)
    bare.setenv(name, "something")
    assert not settings.mouse(AUTO)
    assert settings.mouse("on")
    bare.delenv(name)
    assert not settings.mouse("off")


def test_the_marker_by_what_the_encoding_holds() -> None:
    assert settings.marker(AUTO, utf8=True) == "braille"
    assert settings.marker(AUTO, utf8=False) == "ascii"
    for chosen in OTHER["marker"]:
        assert settings.marker(chosen, utf8=True) == chosen


# ------------------------------------------------------------------- threads


def test_threads_are_capped_and_the_user_s_own_word_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (*_THREADS, "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS"):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    settings.cap_threads(AUTO)
    assert int(os.environ["OPENBLAS_NUM_THREADS"]) <= 4
    assert os.environ["OMP_NUM_THREADS"] == "7"
    monkeypatch.delenv("MKL_NUM_THREADS")
    settings.cap_threads("2")
    assert os.environ["MKL_NUM_THREADS"] == "2"


@pytest.mark.parametrize("words", [["decay", "--depth", "3", "--csv"], ["--theme", "dark"]])
def test_threads_are_capped_before_numpy_is_imported(words: list[str]) -> None:
    """It reads them once."""
    program = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'numpy':\n"
        "            print('at import', os.environ.get('OPENBLAS_NUM_THREADS'),\n"
        "                  os.environ.get('OMP_NUM_THREADS'), file=sys.stderr)\n"
        "sys.meta_path.insert(0, Watch())\n"
        "from gradtui.cli import main, opening\n"
        "opening.check_terminal = lambda _: sys.exit(bool(__import__('gradtui.app.main')) and 0)\n"
        f"sys.exit(main({words!r}))\n"
    )
    env = {name: value for name, value in os.environ.items() if name not in _THREADS}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=env | {"PYTHONPATH": SOURCE, "GRADTUI_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[0] == "at import 1 1"


# --------------------------------------------------------------- the command


needs_command = pytest.mark.skipif(
    run("settings", "--help").status != 0, reason="there is no `gradtui settings` yet"
)


@needs_command
def test_the_command_shows_each_value_with_its_source_and_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("marker = 'dot'\n", encoding="utf-8")
    monkeypatch.setenv("GRADTUI_COLORS", "16")
    done = run("settings")
    assert done.status == 0
    assert done.err == ""
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.split()}
    for name, words in {
        "marker": ["dot", str(file)],
        "colors": ["16", "GRADTUI_COLORS"],
        "mouse": ["auto", "default"],
        "threads": ["auto", "default"],
    }.items():
        for word in words:
            assert word in lines[name], done.out
    assert str(file) in done.out
    assert "\x1b" not in done.out


@needs_command
def test_the_command_names_the_file_where_there_is_none(state_home: Path) -> None:
    done = run("settings")
    assert done.status == 0
    assert str(settings_file()) in done.out.replace("\n", "")


@needs_command
def test_the_command_too_names_a_bad_value(file: Path) -> None:
    file.write_text("marker = 'lots'\n", encoding="utf-8")
    done = run("settings")
    assert done.status == 2
    assert str(file) in done.err
    assert "'lots'" in done.err


@needs_command
def test_the_command_can_be_asked_by_a_program(state_home: Path) -> None:
    if "--json" not in run("settings", "--help").out:
        pytest.skip("gradtui settings has no --json")
    done = run("settings", "--json")
    assert done.status == 0
    assert "marker" in json.dumps(json.loads(done.out))


def test_every_setting_is_an_option_of_the_app() -> None:
    text = run("--help").out
    for setting in SETTINGS.values():
        assert setting.flag in text
    done = subprocess.run(
        [*GRADTUI, "--mouse", "maybe"], env=os.environ | {"PYTHONPATH": SOURCE},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'maybe'" in done.stderr
    assert all(choice in done.stderr for choice in SETTINGS["mouse"].choices)


def test_what_is_wrong_with_the_file_is_not_told_as_if_it_were_in_it(file: Path) -> None:
    file.write_text("marker 'dot'", encoding="utf-8")
    assert "'settings.toml' is not readable as TOML: Expected" in refused()
    file.unlink()
    file.mkdir()
    assert "'settings.toml' is not a file that can be read: Is a directory; mend" in refused()
