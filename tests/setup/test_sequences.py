"""Inputs of the user's own: what a file may hold, and what is said of one that cannot be used."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.app import steps, storage
from gradtui.app.state import State
from gradtui.errors import InputError, printable
from gradtui.models.recurrent.cells import inputs_of
from gradtui.setup import KNOBS, Setup
from gradtui.setup.sequence_files import MAX_BYTES
from gradtui.setup.sequences import Inputs
from gradtui.views import VIEWS
from support.commands import run

KNOB = KNOBS["inputs"]


def written(tmp_path: Path, content: str | bytes, name: str = "x.csv") -> str:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


def read(tmp_path: Path, content: str | bytes) -> Any:
    return KNOB.parse(written(tmp_path, content)).x


def stored(array: Any, **how: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **how)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "1,2\n-3,4e-5\n0.5,6\n",
        "1,2\r\n-3,4e-5\r\n0.5,6",
        "a,b\n1,2\n-3,4e-5\n0.5,6\n\n  \n",
        '\ufefftemperature,"wind, of south"\n 1 ,2\n-3,4e-5\n+0.5,6.0\n',
    ],
)
def test_a_csv_has_a_row_a_step_and_a_column_an_input(tmp_path: Path, content: str) -> None:
    np.testing.assert_array_equal(read(tmp_path, content), [[[1, 2]], [[-3, 4e-5]], [[0.5, 6]]])


def test_a_column_of_their_names_tells_sequences_apart(tmp_path: Path) -> None:
    x = read(tmp_path, "Sequence,a\nfirst,1\nsecond,10\nfirst,2\nsecond,20\nfirst,3\nsecond,30\n")
    np.testing.assert_array_equal(x[:, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(x[:, 1, 0], [10, 20, 30])


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<i2", "|u1"])
@pytest.mark.parametrize("shape", [(5, 3), (5, 2, 3)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_steps_by_sequences_by_inputs(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], order: Any
) -> None:
    numbers = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    x = read(tmp_path, stored(np.asarray(numbers, order=order)))
    np.testing.assert_array_equal(x, numbers.reshape(5, -1, 3).astype(float))
    assert not x.flags.writeable


def head(shape: object) -> bytes:
    """Sixteen numbers with a head of that shape."""
    said = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".encode()
    return b"\x93NUMPY\x01\x00" + len(said).to_bytes(2, "little") + said + bytes(128)


@pytest.mark.parametrize("head", ["a", "2m above", "1st", "x1", "x_1", "-", "e5", "θ", ""])
def test_a_first_row_of_names_is_a_head(tmp_path: Path, head: str) -> None:
    np.testing.assert_array_equal(read(tmp_path, f"{head},b\n1,2\n"), [[[1.0, 2.0]]])


WRONG: dict[str, tuple[str | bytes, list[str]]] = {
    "no number": ("1,2\n3,abc\n", ["'abc'", "line 2, column 2", "x.csv", "-1e+100 to 1e+100"]),
    "not given": ("1,2\n,4\n", ["''", "line 2, column 1"]),
    "nan": ("1,2\nnan,4\n", ["'nan'", "line 2, column 1"]),
    "too large": ("1e101\n", ["'1e101'", "line 1, column 1"]),
    "underscore": ("1\n1_0\n", ["'1_0'", "line 2"]),
    "a number in the head": ("a,1\n1,2\n", ["'a'", "line 1, column 1"]),
    "hexadecimal first": ("0x10\n2\n", ["'0x10'", "line 1, column 1"]),
    "an underscore first": ("1_000\n2\n", ["'1_000'", "line 1, column 1"]),
    "a decimal comma first": ('"1,5"\n2\n', ["'1,5'", "line 1, column 1"]),
    "an unclosed quote": ('1\n"2\n3\n', ["'x.csv' is not CSV", "unexpected end of data"]),
    "sequence second": ("a,sequence\n1,p\n", ["column sequence", "the first column", "line 1"]),
    "truths": (stored(np.ones((2, 2), bool)), ["array of bool"]),
    "semicolons": ("1;2\n3;4\n5;6\n", ["separated by commas"]),
    "an escape": ("1\n\x1b[31m\n", ["'\\x1b[31m'", "line 2"]),
    "short": ("1,2\n3\n", ["'1 column' is not a row of 2 columns,", "line 2 of 'x.csv'"]),
    "empty": ("", ["nothing", "a row a step"]),
    "head alone": ("a,b\n", ["nothing"]),
    "labels alone": ("sequence\nfirst\n", ["nothing"]),
    "unequal": ("sequence,a\np,1\np,2\nq,1\n", ["1 steps of sequence 'q'", "has, 2"]),
    "many": (
        "sequence,a\n" + "".join(f"s{at},1\n" for at in range(1100)),
        ["'s1024'", "1,024 sequences"],
    ),
    "long": ("1\n" * 10_001, ["10,001 steps", "1 to 10,000 steps"]),
    "wide": ("1," * 1024 + "1\n", ["1,025 inputs", "1 to 1,024 inputs"]),
    "a vast field": ("1\n" + "9" * 200_000 + "\n", ["line 2", "field"]),
    "latin-1": ("température\n1\n".encode("latin-1"), ["UTF-8"]),
    "no text": (b"PK\x03\x04\xff\xfe", ["inputs: 'x.csv' is not text in UTF-8"]),
    "one axis": (stored(np.ones(3)), ["shape (3,)", "[steps, inputs]"]),
    "four axes": (stored(np.ones((2, 2, 2, 2))), ["(2, 2, 2, 2)"]),
    "complex": (stored(np.ones((2, 2), complex)), ["complex128"]),
    "words": (stored(np.array([["a"]])), ["<U1"]),
    "objects": (stored(np.array([[{}]], object), allow_pickle=True), ["object"]),
    "an infinite number": (stored(np.array([[1.0, 2], [3, np.inf]])), ["inf", "[1, 1]"]),
    "cut off": (stored(np.ones((4, 4)))[:-1], ["127 bytes", "(4, 4)"]),
    "no steps": (stored(np.ones((0, 4))), ["0 steps"]),
    "no inputs": (stored(np.ones((4, 0))), ["0 inputs"]),
    "a damaged head": (stored(np.ones((4, 4))).replace(b"descr", b"DESCR"), ["head"]),
    "another version": (b"\x93NUMPY\x09\x00" + bytes(100), ["head"]),
    "a head that nests": (
        b"\x93NUMPY\x01\x00\x10\x27" + b"[" * 10_000,
        ["head is damaged"],
    ),
    "more than there is": (head((400_000, 444)), ["128 bytes", "(400000, 444)"]),
    "far more": (head((10**19, 1)), ["head is damaged"]),
    "less than nothing": (head((-4, -4)), ["head is damaged"]),
    "no end of digits": (head("0x" + "f" * 9000), ["head is damaged"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    content, words = WRONG[case]
    with pytest.raises(InputError) as refused:
        read(tmp_path, content)
    message = str(refused.value)
    assert message.startswith("inputs: ")
    assert all(word in message for word in words), message
    assert printable(message) == message
    assert len(message) < 600


def test_what_is_no_file_to_read_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, word in [
        (str(tmp_path), "directory"),
        (str(tmp_path / "pipe"), "regular"),
        (str(tmp_path / "none.csv"), "No such file"),
        ("/dev/zero", f"larger than {MAX_BYTES:,} bytes); leave out"),
        ("nose", "did you mean noise?"),
        ("a\x1b[31m", "printable"),
        ("a\0b", "printable"),
        ("~nobody-of-this-name/a", "home"),
        ("..", "inputs.csv"),
    ]:
        with pytest.raises(InputError) as refused:
            KNOB.parse(name)
        message = str(refused.value)
        assert message.startswith("inputs: ")
        assert word in message
        assert printable(message) == message


def test_a_file_that_changed_is_another_value(tmp_path: Path) -> None:
    file = written(tmp_path, "1\n2\n")
    before = KNOB.parse(file)
    assert KNOB.parse(file) == before
    assert hash(KNOB.parse(file)) == hash(before)
    written(tmp_path, "1\n3\n")
    assert KNOB.parse(file) != before
    assert KNOB.format(before) == file


def test_up_and_down_lead_from_one_word_to_the_other(tmp_path: Path) -> None:
    value = Inputs()
    assert KNOB.step(value, 1) == Inputs("zeros")
    assert KNOB.step(value, -1) == Inputs("zeros")
    own = KNOB.parse(written(tmp_path, "1\n"))
    assert {KNOB.step(own, 1).text, KNOB.step(own, -1).text} == {"noise", "zeros"}


# ------------------------------------------------------------ what runs through


def asked(tmp_path: Path, **knobs: Any) -> Setup:
    own = KNOB.parse(written(tmp_path, stored(np.arange(24.0).reshape(4, 2, 3)), "x.npy"))
    return Setup.of(**{"inputs": own, **own.brings, **knobs}).checked()


def test_the_file_s_own_sequences_run_through_every_cell(tmp_path: Path) -> None:
    setup = asked(tmp_path)
    for number in (1, 2):
        np.testing.assert_array_equal(inputs_of(setup, number), np.arange(24.0).reshape(4, 2, 3))


def test_fewer_steps_are_the_last_and_fewer_sequences_the_first(tmp_path: Path) -> None:
    setup = asked(tmp_path, steps=3, batch_size=1)
    expected = np.arange(24.0).reshape(4, 2, 3)[1:, :1]
    np.testing.assert_array_equal(inputs_of(setup, 1), expected)


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"steps": 5}, "5 steps: it has 4; try steps=4"),
        ({"batch_size": 3}, "3 sequences: it has 2; try batch_size=2"),
        ({"input_size": 4}, "4 inputs a step: it has 3; try input_size=3"),
        ({"input_size": 2}, "2 inputs a step: it has 3; try input_size=3"),
    ],
)
def test_more_than_the_file_has_is_refused(
    tmp_path: Path, knobs: dict[str, int], says: str
) -> None:
    with pytest.raises(InputError) as refused:
        asked(tmp_path, **knobs)
    assert says in str(refused.value)


def test_zeros_are_zeros_and_noise_has_the_size_of_x() -> None:
    zeros = inputs_of(Setup.of(inputs=Inputs("zeros"), x=3.0), 1)
    assert not zeros.any()
    noise = inputs_of(Setup.of(x=-3.0, steps=10_000), 1)
    assert noise.std() == pytest.approx(3.0, rel=0.01)


# ---------------------------------------------------------------- the command


def test_a_command_takes_steps_inputs_and_sequences_from_its_file(tmp_path: Path) -> None:
    file = written(
        tmp_path, "sequence,a,b\n" + "".join(f"{s},1,{t}\n" for t in range(7) for s in "pq")
    )
    words = ["time", "tanh", "--inputs", file, "--draws", "2", "--hidden-size", "4"]
    done = run(*words, "--csv")
    assert done.status == 0
    assert len(done.out.splitlines()) == 1 + 8
    page = run(*words).out
    assert "4 units, 2 sequences of 7 steps each" in page
    assert "--steps" in run(*words, "--steps", "8").err


def test_the_size_of_noise_has_no_effect_on_a_file(tmp_path: Path) -> None:
    file = written(tmp_path, "".join(f"{t % 3}\n" for t in range(9)))
    words = ["time", "tanh", "--inputs", file, "--draws", "2", "--hidden-size", "4", "--csv"]
    assert run(*words).out == run(*words, "--x", "100").out


# ------------------------------------------------------------------ in the app


def test_in_the_app_a_file_brings_its_steps_and_more_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "a,b\n" + "1,2\n" * 30, "my own.csv")
    first = State(setup=VIEWS["time"].default_setup, view="time", highlight="tanh")
    state = steps.set_knob(first, "inputs", file)
    knobs = state.setup.recurrent
    assert (knobs.steps, knobs.input_size, knobs.batch_size) == (30, 2, 1)
    assert state.setup.lag <= 30
    assert state.record.knob_of("X", state.setup) is KNOB
    assert state.record.knob_of("x", state.setup) is None
    longer = steps.turn_length(state, 1)
    assert longer.setup == state.setup
    assert longer.failed
    assert "it has 30; try steps 30 (key d)" in longer.message
    shorter = steps.turn_length(state, -1)
    assert shorter.setup.recurrent.steps == 29
    assert not shorter.failed
    words = state.record.command(state.setup)
    assert words[words.index("--inputs") + 1] == file


def test_a_file_is_remembered_by_its_name_and_missed_where_it_is_gone(tmp_path: Path) -> None:
    file = written(tmp_path, "1,2\n" * 30)
    first = State(setup=VIEWS["time"].default_setup, view="time", highlight="tanh")
    state = steps.set_knob(first, "inputs", file)
    kept = tmp_path / "state.json"
    storage.save(state, kept)
    assert storage.load(kept).setup == state.setup
    content = Path(file).read_bytes()
    Path(file).unlink()
    again = storage.load(kept)
    assert again.setup.recurrent.inputs == Inputs()
    assert again.message.startswith("inputs: the file 'x.csv' cannot be read now")
    assert again.failed
    assert list(tmp_path.iterdir()) == [kept]
    storage.save(again, kept)
    Path(file).write_bytes(content)
    assert storage.load(kept).setup == state.setup
    assert storage.load(kept).own == state.own
    assert not storage.load(kept).message
    # What somebody sets meanwhile counts.
    storage.save(steps.set_knob(again, "inputs", "zeros"), kept)
    assert storage.load(kept).setup.recurrent.inputs == Inputs("zeros")
    storage.save(again.touching({"inputs"}), kept)
    assert storage.load(kept).setup.recurrent.inputs == Inputs()


@pytest.mark.parametrize("named", ["./x.csv", "x.csv", "sub/../x.csv", "~/x.csv"])
def test_a_file_is_found_again_from_another_directory(
    tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "1,2\n" * 30)
    (tmp_path / "sub").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    first = State(setup=VIEWS["time"].default_setup, view="time", highlight="tanh")
    state = steps.set_knob(first, "inputs", named)
    assert any(named in word for word in state.record.command(state.setup))
    storage.save(state, tmp_path / "state.json")
    monkeypatch.chdir(tmp_path / "sub")
    monkeypatch.setenv("HOME", "/")
    again = storage.load(tmp_path / "state.json")
    assert not again.message
    assert again.setup.recurrent.inputs.brings == {"steps": 30, "batch_size": 1, "input_size": 2}
