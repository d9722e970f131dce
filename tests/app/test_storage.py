"""What was chosen last comes back; a file that cannot be read is set aside and said so."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.app import leaps, panes, steps
from gradtui.app.state import THEMES, State, first_start
from gradtui.app.storage import load, opened, opening, save, state_file
from gradtui.errors import printable
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.scenarios import SCENARIOS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.json"


def kept(state: State) -> tuple[object, ...]:
    return state.setup, state.view, state.theme, state.highlight


def aside(file: Path) -> list[Path]:
    return [one for one in file.parent.iterdir() if one != file]


# ---------------------------------------------------------------- round trip


@pytest.mark.parametrize("index", range(len(SCENARIOS)))
@pytest.mark.parametrize("theme", THEMES)
def test_what_was_chosen_last_comes_back(index: int, theme: str, file: Path) -> None:
    state = leaps.scenario(State(theme=theme), index)
    save(state, file)
    again = load(file)
    assert kept(again) == kept(state)
    assert again.message == ""
    assert again.past == ()


def test_a_second_save_replaces_the_first_and_leaves_nothing_beside_it(file: Path) -> None:
    save(State(), file)
    later = State(setup=Setup.of(depth=7), view="chain")
    save(later, file)
    assert kept(load(file)) == kept(later)
    assert aside(file) == []


def test_without_a_file_it_is_the_first_start(file: Path) -> None:
    assert load(file) == first_start()


# ---------------------------------------------------------------------- XDG


def test_the_file_is_in_the_state_directory(state_home: Path) -> None:
    assert state_file() == state_home / "gradtui" / "state.json"


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_an_empty_or_relative_state_home_is_ignored(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_file() == tmp_path / ".local" / "state" / "gradtui" / "state.json"


# ----------------------------------------------------------------- bad files


def stored(**changes: object) -> dict[str, object]:
    """A good file's contents, changed; None takes an entry out."""
    whole: dict[str, object] = {
        "version": 1,
        "view": "decay",
        "theme": "dark",
        "highlight": "sigmoid",
        "setup": {name: knob.text(Setup()) for name, knob in KNOBS.items()},
    }
    whole |= changes
    return {name: value for name, value in whole.items() if value is not None}


def test_the_example_is_good(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps(stored()), encoding="utf-8")
    assert load(file).setup == Setup()


BROKEN = {
    "empty": b"",
    "cut": b'{"version": 1, "vie',
    "binary": bytes(range(256)),
    "nulls": b"\0" * 4096,
    "not a table": b"[1, 2]",
    "a number": b"3",
    "null": b"null",
    "nested": b"[" * 100_000,
    "nested table": b'{"a":' * 100_000,
    "huge number": b'{"version": ' + b"9" * 5000 + b"}",
    "infinite": b'{"version": 1e999}',
    "no setup and no known view": json.dumps(stored(setup=None, view="recurrent")).encode(),
    "setup is a list, no view": json.dumps(stored(setup=[], view=None)).encode(),
    "setup is text, view a number": json.dumps(stored(setup="depth", view=3)).encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_set_aside_whole_and_the_message_says_where(name: str, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(BROKEN[name])
    state = load(file)
    assert kept(state) == kept(first_start())
    assert state.failed
    assert not file.exists()
    (other,) = aside(file)
    assert other.read_bytes() == BROKEN[name]
    assert other.name in state.message
    assert printable(state.message) == state.message


@pytest.mark.parametrize("version", [0, 2, "2.0", None, [], {}])
def test_what_another_version_kept_is_taken_where_it_is_understood(
    version: object, file: Path
) -> None:
    changed_file(file, version=version)
    if version is None:
        held = json.loads(file.read_text(encoding="utf-8"))
        del held["version"]
        file.write_text(json.dumps(held), encoding="utf-8")
    contents = file.read_bytes()
    state = load(file)
    assert kept(state) == (CHANGED, "chain", "light", "tanh")
    assert not state.failed
    if version is None:
        assert (state.message, aside(file)) == ("", [])
        return
    (other,) = aside(file)
    assert other.read_bytes() == contents
    assert state.message == f"What was remembered is of another version, and kept as {other.name}."


@pytest.mark.parametrize("name", ["view", "theme"])
@pytest.mark.parametrize("value", [{"a": 1}, ["a"], 3, None])
def test_a_view_or_theme_that_is_no_text_is_said_and_set_aside(
    name: str, value: object, file: Path
) -> None:
    changed_file(file)
    held = json.loads(file.read_text(encoding="utf-8")) | {name: value}
    file.write_text(json.dumps(held), encoding="utf-8")
    contents = file.read_bytes()
    state = load(file)
    (other,) = aside(file)
    assert other.read_bytes() == contents
    said = f"{name} is no text, so it is at its default; see {other.name}."
    assert (state.message, state.failed) == (said, True)
    assert state.setup == CHANGED


@pytest.mark.parametrize("setup", [[], "depth", 3, None])
def test_without_a_setup_the_view_and_the_theme_are_kept(setup: object, file: Path) -> None:
    changed_file(file)
    held = json.loads(file.read_text(encoding="utf-8")) | {"setup": setup}
    file.write_text(json.dumps(held), encoding="utf-8")
    whole = file.read_bytes()
    state = load(file)
    assert kept(state) == (VIEWS["chain"].default_setup, "chain", "light", "tanh")
    assert state.failed
    assert state.message.startswith("setup is no")
    (other,) = aside(file)
    assert other.name == "state.broken.json"
    assert other.name in state.message
    assert other.read_bytes() == whole
    assert not file.exists()


# ------------------------------------------------------- files that are none


def test_a_pipe_in_the_file_s_place_is_not_waited_for(file: Path) -> None:
    file.parent.mkdir()
    os.mkfifo(file)
    state = load(file)
    assert kept(state) == kept(first_start())
    assert "not a regular file" in state.message
    assert [one.name for one in aside(file)] == ["state.broken.json"]


@pytest.mark.parametrize("what", ["file", "device"])
def test_a_file_without_an_end_is_not_read_to_it(what: str, file: Path) -> None:
    file.parent.mkdir()
    if what == "file":
        with file.open("wb") as stream:
            stream.truncate(60_000_000)
    else:
        file.symlink_to("/dev/zero")
    state = load(file)
    assert kept(state) == kept(first_start())
    assert "larger than 5,000,000 bytes" in state.message
    assert [one.name for one in aside(file)] == ["state.broken.json"]


def test_the_longest_lists_that_knobs_take_are_kept(file: Path) -> None:
    numbers = ", ".join(str(-1.0 / (n + 3)) for n in range(100_000))
    weights, biases = (KNOBS[name].parse(numbers) for name in ("weights", "biases"))
    state = State(State().setup.with_(depth=100_000, weights=weights, biases=biases))
    save(state, file)
    assert load(file).setup == state.setup


@pytest.mark.skipif(os.geteuid() == 0, reason="root may search every directory")
def test_a_directory_that_may_not_be_searched_is_no_traceback(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps(stored()), encoding="utf-8")
    file.parent.chmod(0)
    try:
        state = load(file)
    finally:
        file.parent.chmod(0o700)
    assert kept(state) == kept(first_start())
    assert state.failed
    assert file.exists()


def test_a_directory_that_cannot_be_searched_is_no_traceback(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above, for root."""

    def refused(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    file.parent.mkdir()
    file.write_text(json.dumps(stored()), encoding="utf-8")
    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(Path, "exists", refused)
    state = load(file)
    assert kept(state) == kept(first_start())
    assert "Permission denied" in state.message
    assert "left where it is" in state.message


@pytest.mark.parametrize("home", ["relative", "", ".", "~"])
def test_a_home_that_is_no_absolute_path_is_not_made_where_one_stands(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    assert state_file().is_absolute()
    assert state_file().parent.parent.parent.parent == Path(pwd.getpwuid(os.getuid()).pw_dir)


def test_what_was_half_written_long_ago_is_taken_away(file: Path) -> None:
    file.parent.mkdir()
    old, new = (file.with_name(f".gradtui-{name}.tmp") for name in ("old", "new"))
    for left in (old, new):
        left.write_text("half", encoding="utf-8")
    os.utime(old, (0, 0))
    save(State(), file)
    assert aside(file) == [new]


# ---------------------------------------------- a state with which it has fallen


def test_a_state_with_which_the_last_start_fell_is_set_aside(file: Path) -> None:
    save(State(CHANGED), file)
    whole = file.read_bytes()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    opening(file, gone.pid)
    state = load(file)
    assert kept(state) == kept(first_start())
    assert "state.crashed.json" in panes.bottom(state, 160).text
    assert file.with_name("state.crashed.json").read_bytes() == whole
    # And of this start it is not yet known.
    save(State(CHANGED), file)
    opening(file, os.getpid())
    opened(file)
    assert load(file).setup == CHANGED


def test_a_state_that_could_not_be_computed_is_set_aside(file: Path) -> None:
    save(State(CHANGED), file)
    opening(file, 0)
    assert kept(load(file)) == kept(first_start())
    assert file.with_name("state.crashed.json").exists()


@pytest.mark.parametrize("content", ["", "x", "9" * 1000, "-1", "1\n2", "\0", "99999999999999"])
def test_a_mark_that_makes_no_sense_stops_nothing(content: str, file: Path) -> None:
    save(State(CHANGED), file)
    file.with_suffix(".opening").write_text(content, encoding="utf-8")
    load(file)


@pytest.mark.parametrize("there", ["pipe", "link", "link to a pipe", "loop", "read-only"])
def test_whatever_has_the_name_of_the_mark_gives_way(there: str, file: Path) -> None:
    """A pipe nobody reads would be waited for; what a link leads to is somebody else's."""
    save(State(CHANGED), file)
    mark, other = file.with_suffix(".opening"), file.with_name("other")
    if "pipe" in there:
        os.mkfifo(other if "link" in there else mark)
    elif there == "read-only":
        mark.write_text("0\n")
        mark.chmod(0o400)
    else:
        other.write_text("precious", encoding="utf-8")
    if there == "loop":
        mark.symlink_to(mark)
    elif "link" in there:
        mark.symlink_to(other)
    if there != "read-only":  # that is a mark
        assert load(file).setup == CHANGED
    opening(file, os.getpid())
    assert mark.read_text(encoding="ascii") == f"{os.getpid()}\n"
    assert not mark.is_symlink()
    if there == "link":
        assert other.read_text(encoding="utf-8") == "precious"
    opened(file)
    assert not mark.exists()


def test_a_folder_of_that_name_stops_nothing(file: Path) -> None:
    save(State(CHANGED), file)
    file.with_suffix(".opening").mkdir()
    opening(file, os.getpid())
    opened(file)
    assert load(file).setup == CHANGED


def test_another_one_that_is_just_opening_it_is_no_sign_of_a_fall(file: Path) -> None:
    save(State(CHANGED), file)
    opening(file, os.getppid())
    assert load(file).setup == CHANGED


CHANGED = State().setup.with_(seed=7, depth=9, weights=KNOBS["weights"].parse("normal(std=1.5)"))


def changed_file(file: Path, texts: dict[str, object] | None = None, **changes: object) -> None:
    """A file of somebody who has changed a few things, with other changes of another version."""
    setup = {name: knob.text(CHANGED) for name, knob in KNOBS.items()} | (texts or {})
    kept_then = stored(setup=setup, view="chain", theme="light", highlight="tanh") | changes
    file.parent.mkdir()
    file.write_text(json.dumps(kept_then), encoding="utf-8")


def test_a_knob_that_this_version_does_not_know_is_left_out_in_silence(file: Path) -> None:
    changed_file(file, {"colour": "1", "recurrent_units": "64"})
    assert load(file) == State(CHANGED, "chain", "tanh", theme="light")
    assert aside(file) == []


def test_a_knob_that_the_file_does_not_have_is_at_its_default_in_silence(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps(stored(setup={"depth": "9"})), encoding="utf-8")
    state = load(file)
    assert state.setup == VIEWS[state.view].default_setup.with_(depth=9)
    assert state.message == ""
    assert aside(file) == []


@pytest.mark.parametrize("view", ["sideways", "\ud800"])
def test_a_view_that_this_version_does_not_know_is_said_and_all_else_kept(
    view: object, file: Path
) -> None:
    changed_file(file, view=view)
    state = load(file)
    assert kept(state) == (CHANGED, State().view, "light", "tanh")
    assert "This version has no view" in state.message
    assert "this is decay" in panes.bottom(state, 80).text
    assert not state.failed
    assert aside(file) == []
    assert printable(state.message) == state.message


def test_a_theme_that_this_version_does_not_know_is_said_and_all_else_kept(file: Path) -> None:
    changed_file(file, theme="neon")
    state = load(file)
    assert kept(state) == (CHANGED, "chain", "dark", "tanh")
    assert state.message == "This version has no theme 'neon' (this is dark)."


def test_an_activation_of_the_list_that_is_not_known_is_no_loss_to_speak_of(file: Path) -> None:
    changed_file(file, highlight="swishier")
    assert load(file) == State(CHANGED, "chain", "sigmoid", theme="light")


REFUSED: dict[str, tuple[dict[str, object], dict[str, object], str]] = {
    "out of range": (
        {"depth": "-3"},
        {"depth": 3},
        "depth is not understood, so it is at its default",
    ),
    "a list": ({"depth": [3]}, {"depth": 3}, "depth is not understood, so it is at its default"),
    "another version's model": ({"model": "recurrent"}, {}, "model is not understood"),
    "another version's activation": (
        {"activations": "sigmund"},
        {"activations": ("sigmoid",)},
        "activations is not understood",
    ),
    "two of them": ({"x": "", "seed": "-1"}, {"seed": 0}, "2 knobs are at their defaults"),
    "a contradiction": (
        {"weights": "1,2"},
        {"weights": Setup().chain.weights},
        "weights contradicts the rest, so it is at its default",
    ),
    "a focus elsewhere": ({"focus": "gelu"}, {}, "focus contradicts the rest"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_its_knob_refuses_is_said_set_aside_and_the_rest_is_kept(
    name: str, file: Path
) -> None:
    texts, defaults, said = REFUSED[name]
    changed_file(file, texts)
    contents = file.read_bytes()
    state = load(file)
    assert kept(state) == (CHANGED.with_(**defaults), "chain", "light", "tanh")
    assert said in state.message
    assert state.failed
    assert not file.exists()
    (other,) = aside(file)
    assert other.read_bytes() == contents
    assert other.name in panes.bottom(state, 80).text


def test_a_second_broken_file_does_not_destroy_the_first(file: Path) -> None:
    """Set aside, never deleted: the first may be the one that mattered."""
    file.parent.mkdir()
    for text in ("first", "second"):
        file.write_text(text, encoding="utf-8")
        load(file)
    assert {one.read_text(encoding="utf-8") for one in aside(file)} == {"first", "second"}


def test_after_a_broken_file_the_next_start_is_silent(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("{", encoding="utf-8")
    save(load(file), file)
    assert load(file).message == ""


def test_a_directory_in_the_file_s_place_is_no_traceback(file: Path) -> None:
    file.mkdir(parents=True)
    assert load(file).failed


def test_a_file_in_the_directory_s_place_is_no_traceback(file: Path) -> None:
    file.parent.write_text("in the way", encoding="utf-8")
    state = load(file)
    assert kept(state) == kept(first_start())
    with pytest.raises(OSError, match=r".+"):
        save(State(), file)
    assert file.parent.read_text(encoding="utf-8") == "in the way"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_full_is_an_oserror_and_nothing_half_written(file: Path) -> None:
    file.parent.mkdir()
    file.symlink_to("/dev/full")
    with pytest.raises(OSError, match=r".+"):
        save(State(), file)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
knob_texts = st.sampled_from(
    ["", "1", "-1", "nan", "1e308", "-6:6", "1,2,3", "normal(std=1)", "tanh", "a,b", "((", "½", "٣"]
)
almost = st.fixed_dictionaries(
    {},
    optional={
        "version": st.just(1) | json_values,
        "view": st.sampled_from(list(VIEWS)) | json_values,
        "theme": st.sampled_from(THEMES) | json_values,
        "highlight": st.sampled_from(["sigmoid", "tanh(1)", "nothing"]) | json_values,
        "setup": st.dictionaries(
            st.sampled_from(list(KNOBS)), knob_texts | json_values, max_size=4
        ),
    },
).map(lambda changes: json.dumps(stored() | changes).encode())


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200) | json_values.map(lambda one: json.dumps(one).encode()) | almost)
def test_no_file_whatever_is_in_it_stops_the_start(contents: bytes) -> None:
    with TemporaryDirectory() as directory:
        file = Path(directory) / "state.json"
        file.write_bytes(contents)
        state = load(file)
        state.setup.checked()
        assert state.view in VIEWS
        assert printable(state.message) == state.message
        if state.failed:
            assert aside(file)[0].read_bytes() == contents
        else:
            (same,) = [file] if file.exists() else aside(file)
            assert same.read_bytes() == contents


def test_the_knobs_that_somebody_set_are_remembered(file: Path) -> None:
    state = steps.set_knob(State(view="chain", setup=VIEWS["chain"].default_setup), "depth", "3")
    save(state, file)
    assert load(file).own == state.own == {"depth"}


@pytest.mark.parametrize("touched", [None, 7, "depth", [7, None, "depht", ["depth"]]])
def test_of_a_state_without_their_names_all_counts_that_differs(
    file: Path, touched: object
) -> None:
    save(State(view="chain", setup=VIEWS["chain"].default_setup.with_(depth=7)), file)
    kept = json.loads(file.read_text())
    assert kept.pop("touched") == []
    kept |= {"untouched": False} if touched is None else {"touched": touched}
    file.write_text(json.dumps(kept))
    state = load(file)
    assert not state.failed
    assert state.own == {"depth"}
