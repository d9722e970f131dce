"""Whatever a file holds, it is read as far as it goes or refused with a reason: never a crash."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui import InputError, Run, find_runs, read_run
from gradtui.runs.formats.crc32c import crc32c, masked, masked_of_all
from support import run_samples as samples

FIXTURES = Path(__file__).parent / "fixtures"
FILES = {
    one.name: one.read_bytes()
    for one in FIXTURES.iterdir()
    if one.is_file() and one.suffix not in (".py", ".json")
} | {name: text.encode() for name, text in samples.ALL.items()}


def reading(content: bytes, tmp_path: Path) -> Run:
    file = tmp_path / "run"
    file.write_bytes(content)
    return read_run(file)


def told(content: bytes, tmp_path: Path) -> tuple[str, ...]:
    """Every text that a reader has of such a file, or its refusal."""
    try:
        run = reading(content, tmp_path)
    except InputError as error:
        return (str(error),)
    assert (np.diff(run.steps) > 0).all()
    return (*run.names, *run.losses, *run.notes, run.source)


def shows_nothing_odd(texts: tuple[str, ...]) -> bool:
    return not any(
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        for text in texts
        for character in text
    )


# ------------------------------------------------------------------ what is read all the same


@pytest.mark.parametrize("name", samples.ALL)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: ("\ufeff" + text).encode(),
        lambda text: ("\ufeff" + text).encode("utf-16-le"),
        lambda text: ("\ufeff" + text).encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.encode() + b"\0" * 4096,
        lambda text: text.encode() + b"\xff\xfe\xfa oops\n",
        lambda text: text.encode() + b"\n\n\n",
    ],
    ids=["BOM", "UTF-16 LE", "UTF-16 BE", "CRLF", "NULs", "no UTF-8", "blank lines"],
)
def test_the_same_numbers(name: str, change, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    text = samples.ALL[name]
    plain, changed = reading(text.encode(), tmp_path), reading(change(text), tmp_path)
    assert changed.source == plain.source
    np.testing.assert_array_equal(changed.steps, plain.steps)
    np.testing.assert_array_equal(changed.loss, plain.loss)
    np.testing.assert_array_equal(changed.log10_gradients, plain.log10_gradients)


def test_names_come_without_escapes(tmp_path: Path) -> None:
    evil = "\\u001b]0;owned\\u0007\\u202e" + "x" * 5_000
    line = f'{{"step": 0, "loss": 1.5, "grad_norm/h.0\\u001b[2J": 1, "grad_norm/{evil}": 2}}\n'
    run = reading(line.encode(), tmp_path)
    assert run.names == ("h.0\\x1b[2J",)
    head = 'step,"train\x1b[31m loss",\x1b]8;;http://evil\x07grad_norm/a\n0,1.5,2\n'
    assert shows_nothing_odd(told(head.encode(), tmp_path))


def test_a_line_that_never_ends_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradtui.runs.formats import format as module

    monkeypatch.setattr(module, "LONGEST", 2**20)
    long = b"9" * (3 * 2**20) + b"\n"
    run = reading(b"step,loss\n0,2.5\n" + long + b"1,2.0\n", tmp_path)
    assert run.loss.tolist() == [2.5, 2.0]
    assert any("longer than" in note for note in run.notes)


def test_json_that_is_too_deep_or_too_long_is_left_out(tmp_path: Path) -> None:
    deep = b'{"loss": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    digits = b'{"step": 1, "loss": ' + b"9" * 10_000 + b"}\n"
    good = b'{"step": 0, "loss": 1.5}\n{"step": 2, "loss": 1e999}\n'
    run = reading(good + deep + digits + b'{"step": 3, "loss": 0.5}\n', tmp_path)
    assert run.steps.tolist() == [0, 2, 3]
    assert run.not_finite("loss").tolist() == [False, True, False]
    assert "Left out as no JSON: 2 lines." in run.notes


def test_objects_in_objects_have_an_end(tmp_path: Path) -> None:
    nested = b'{"a":' * 500 + b"1" + b"}" * 500
    run = reading(b'{"step": 0, "loss": 1.5, "x": ' + nested + b"}\n", tmp_path)
    assert run.loss.tolist() == [1.5]


HOSTILE = {
    "words": "a " * 30_000,
    "a word": "a" * 60_000,
    "overflows": "overflow " * 7_000,
    "parameters": "a.weight " * 7_000 + "grad",
    "a parameter": "a.b.weight." * 5_000,
    "pairs": "a=1 " * 15_000,
    "steps": "step 1 " * 9_000,
    "digits": "1" * 60_000,
    "escapes": "\x1b[" * 30_000,
    "commands": "\x1b]" * 30_000,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_takes_no_longer_than_another(line: str, tmp_path: Path) -> None:
    # What took a time that grows with the square of a line would not come to an end here.
    lines = f"{line}\n{line[::-1]}\n" * 20
    run = reading(f"step 1 loss 2.5\n{lines}step 2 loss 2.0\n".encode(), tmp_path)
    assert run.loss.tolist()[-1] == 2.0


def test_mixed_types_are_said(tmp_path: Path) -> None:
    lines = b'{"step": "0", "loss": "2.5"}\n{"step": 1.0, "loss": [2]}\n{"step": 2, "loss": true}\n'
    run = reading(lines + b'{"step": 3, "loss": "high"}\n{"step": 4, "loss": null}\n', tmp_path)
    assert run.steps.tolist() == [0, 2]
    assert run.loss.tolist() == [2.5, 1.0]
    assert "Left out of loss as no numbers: 1 value." in run.notes


# ------------------------------------------------------------------ damage within


def test_a_record_whose_crc_is_wrong_is_left_out(tmp_path: Path) -> None:
    content = bytearray(FILES["torch_scalars"])
    whole = reading(bytes(content), tmp_path)
    at = content.rindex(b"Grad/norm")
    content[at + 1] ^= 1
    run = reading(bytes(content), tmp_path)
    assert "Left out as damaged: 1 record." in run.notes
    assert run.recorded["total_norm"].sum() == whole.recorded["total_norm"].sum() - 1
    np.testing.assert_array_equal(run.loss, whole.loss)


def test_after_a_length_that_is_wrong_nothing_can_be_read(tmp_path: Path) -> None:
    content = FILES["torch_scalars"]
    run = reading(content + b"\0" * 64, tmp_path)
    assert run.steps.tolist() == reading(content, tmp_path).steps.tolist()
    assert "A record is damaged: what comes after it can't be read." in run.notes


def test_a_damaged_block_of_wandb_is_passed_over(tmp_path: Path) -> None:
    content = bytearray(FILES["offline.wandb"])
    content[len(content) // 2] ^= 0xFF
    try:
        notes = reading(bytes(content), tmp_path).notes
    except InputError:
        return
    assert "Left out as damaged: 1 block." in notes


@pytest.mark.parametrize("size", [0, 1, 4, 63, 64, 65, 200, 5_000])
def test_crcs_of_many_records_are_those_of_each(size: int) -> None:
    rng = np.random.default_rng(size)
    records = [rng.bytes(4 + int(n)) for n in rng.integers(0, size + 1, 20)]
    assert masked_of_all(records).tolist() == [masked(crc32c(one)) for one in records]


def test_crc32c_is_the_published_one() -> None:
    # RFC 3720, B.4
    assert crc32c(b"\0" * 32) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"123456789") == 0xE3069283


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(sorted(FILES)),
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=40)), max_size=6
    ),
)
def test_any_damage(name: str, cuts: list[tuple[float, int, bytes]], tmp_path: Path) -> None:
    content = bytearray(FILES[name])
    for share, length, put in cuts:
        at = int(share * len(content))
        content[at : at + length] = put
    assert shows_nothing_odd(told(bytes(content), tmp_path))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    for begins in (b"", b":W&B\xe1\xbe\0", b"SQLite format 3\0", b'{"gradtui":1,"names":["a"]}\n'):
        assert shows_nothing_odd(told(begins + content, tmp_path))


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "nothing in it"),
        (b"\0" * 100, "nothing in it"),
        (b"\n\n \n", "nothing in it"),
        (gzip.compress(b"step,loss\n0,1\n"), "packed with gzip; unpack it first"),
        (b"PK\x03\x04 and so on", "weights or an archive"),
        (b"\x93NUMPY\x01\x00", "weights or an archive"),
        (b"step,loss\n", "log grad_norm"),
        (b"step,accuracy\n0,0.5\n", "log grad_norm"),
        (b"the quick brown fox\n", "log grad_norm"),
        (b"\x01\x02\x03\x04" * 50, "name the file that has the numbers by step"),
        (b"{}", "log grad_norm"),
        (b'{"step": 1, "lr": 0.1}\n', "log grad_norm"),
    ],
)
def test_a_refusal_says_why_and_what_next(content: bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        reading(content, tmp_path)
    assert refused.value.field == "path"
    assert says in str(refused.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    for name, says in (
        ("pipe", "pipe it in, and name it -"),
        ("loop", "that can be read"),
        ("gone", "that can be read"),
        ("nothing", "that can be read"),
        ("bad\0name", "NUL"),
        ("", "name a file"),
        ("x" * 5_000, "that can be read"),
    ):
        with pytest.raises(InputError, match=says):
            read_run(f"{tmp_path}/{name}" if name else "")
    for device in ("/dev/zero", "/dev/null"):
        with pytest.raises(InputError, match="pipe it in"):
            read_run(device)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    file = tmp_path / "run"
    file.write_bytes(samples.CSV.encode())
    file.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        read_run(file)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as base:
        base.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(InputError, match="a database of trackio or MLflow"):
        read_run(tmp_path / "other.db")
    with sqlite3.connect(tmp_path / "view.db") as base:
        # A view computes something, and this one for ever.
        base.execute(
            "CREATE VIEW metrics AS WITH RECURSIVE a(run_name, step, metrics) AS "
            "(SELECT 'a', 0, '' UNION ALL SELECT run_name, step + 1, '' FROM a) SELECT * FROM a"
        )
    with pytest.raises(InputError, match="a database of trackio or MLflow"):
        read_run(tmp_path / "view.db")


def test_what_another_process_is_still_writing_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "run.db"
    base = sqlite3.connect(file)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("CREATE TABLE metrics (run_name TEXT, step INTEGER, metrics TEXT)")
    base.commit()
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.execute("""INSERT INTO metrics VALUES ('a', 7, '{"loss": "NaN"}')""")
    base.commit()
    try:
        assert (tmp_path / "run.db-wal").stat().st_size
        run = read_run(file)
    finally:
        base.close()
    assert run.steps.tolist() == [7]
    assert run.not_finite("loss").all()


def test_the_newest_run_of_a_database_and_the_names_of_the_others(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "run.db") as base:
        base.execute("CREATE TABLE metrics (run_name TEXT, step INTEGER, metrics TEXT)")
        rows = [("old", 0, '{"loss": 9}'), ("new\x1b[31m", 3, '{"loss": 1.5}'), ("old", 1, "oops")]
        base.executemany("INSERT INTO metrics VALUES (?, ?, ?)", [rows[0], rows[2], rows[1]])
    run = read_run(tmp_path / "run.db")
    assert run.loss.tolist() == [1.5]
    assert run.notes == ("There are 2 runs in it: this is new\\x1b[31m, the latest; also old.",)


def test_mlflows_database_has_nan_and_infinities_in_its_own_way(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mlflow.db") as base:
        base.execute(
            "CREATE TABLE metrics (key TEXT, value FLOAT, timestamp INTEGER, run_uuid TEXT, "
            "step INTEGER, is_nan BOOLEAN)"
        )
        largest = 1.7976931348623157e308
        told = [(2.5, 0), (0.0, 1), (largest, 0), (-largest, 0)]
        base.executemany(
            "INSERT INTO metrics VALUES ('train_loss', ?, ?, 'r', ?, ?)",
            [(value, at, at, is_nan) for at, (value, is_nan) in enumerate(told)],
        )
    run = read_run(tmp_path / "mlflow.db")
    assert run.source == "MLflow"
    np.testing.assert_array_equal(run.loss, [2.5, np.nan, np.inf, -np.inf])


def test_more_layers_and_steps_than_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradtui.mathematics import memory

    monkeypatch.setattr(memory, "available_memory", lambda: 2.0**20)
    monkeypatch.setattr(memory, "_ALWAYS_THERE", 0.0)
    # Each step has a layer of its own.
    lines = "".join(f'{{"step": {at}, "grad_norm/h.{at}": 1.5}}\n' for at in range(1_000))
    with pytest.raises(InputError, match="within the"):
        reading(lines.encode(), tmp_path)


def test_a_file_that_grows_faster_than_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{at},0.5\n" for at in range(20_000))
    file = tmp_path / "run"
    file.write_text("step,loss\n" + rows)

    class Growing(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            with file.open("a") as writer:
                writer.write(rows)
            return super().read(size) or b""

    monkeypatch.setattr("gradtui.runs.reading.open_regular", Growing)
    assert len(read_run(file).steps) == 20_000


def test_a_file_that_shrinks_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run"
    file.write_text("step,loss\n" + "".join(f"{at},0.5\n" for at in range(20_000)))

    class Shrinking(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            read = super().read(size) or b""
            os.truncate(file, 100)
            return read

    monkeypatch.setattr("gradtui.runs.reading.open_regular", Shrinking)
    run = read_run(file)
    assert 1_000 < len(run.steps) < 20_000
    assert set(run.loss.tolist()) == {0.5}


# ------------------------------------------------------------------ standard input


@pytest.mark.parametrize("name", ["csv", "titan", "recording", "torch_scalars", "offline.wandb"])
def test_standard_input(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from_file = reading(FILES[name], tmp_path)

    class Trickle(io.RawIOBase):
        """A pipe that has a few bytes at a time."""

        def __init__(self) -> None:
            self.rest = FILES[name]

        def read(self, size: int = -1) -> bytes:
            piece, self.rest = self.rest[: min(size, 7)], self.rest[min(size, 7) :]
            return piece

    class Standard:
        buffer = Trickle()

    monkeypatch.setattr(sys, "stdin", Standard())
    run = read_run("-")
    assert run.source == from_file.source
    np.testing.assert_array_equal(run.loss, from_file.loss)
    np.testing.assert_array_equal(run.log10_gradients, from_file.log10_gradients)


def test_what_is_only_read_as_a_file_is_refused_from_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Standard:
        buffer = io.BytesIO(FILES["trackio.db"])

    monkeypatch.setattr(sys, "stdin", Standard())
    with pytest.raises(InputError, match="name the file itself"):
        read_run("-")


# ------------------------------------------------------------------ pieces of any size


@pytest.mark.parametrize("name", sorted(set(FILES) - {"trackio.db"}))
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_reader_may_be_fed_in_pieces_of_any_size(name: str, size: int, tmp_path: Path) -> None:
    from gradtui.runs.assembly import run_of
    from gradtui.runs.formats import FORMATS
    from gradtui.runs.formats.format import Head
    from gradtui.runs.sheet import Sheet

    whole = reading(FILES[name], tmp_path)
    form = next(one for one in FORMATS if not one.folder and one.knows(Head(FILES[name])))
    assert form.stream is not None
    sheet = Sheet()
    stream = form.stream(sheet)
    for at in range(0, len(FILES[name]), size):
        stream.feed(FILES[name][at : at + size])
    stream.end()
    run = run_of(sheet, "")
    np.testing.assert_array_equal(run.steps, whole.steps)
    np.testing.assert_array_equal(run.loss, whole.loss)
    np.testing.assert_array_equal(run.log10_gradients, whole.log10_gradients)
    assert run.notes == whole.notes


@pytest.mark.parametrize("name", sorted(set(FILES) - {"trackio.db", "trainer_state.json"}))
def test_a_run_may_be_made_at_any_time_while_more_is_read(name: str, tmp_path: Path) -> None:
    from gradtui.runs.assembly import run_of
    from gradtui.runs.formats.format import Head
    from gradtui.runs.reading import format_of
    from gradtui.runs.sheet import Sheet

    content = FILES[name]
    whole = reading(content, tmp_path)
    stream_of = format_of(Head(content), name).stream
    assert stream_of is not None
    sheet = Sheet()
    sheet.source = whole.source
    stream = stream_of(sheet)
    steps = 0
    for at in range(0, len(content), len(content) // 10):
        stream.feed(content[at : at + len(content) // 10])
        try:
            run = run_of(sheet, name)
        except InputError:
            assert not steps
            continue
        assert len(run.steps) >= steps
        steps = len(run.steps)
    stream.end()
    run = run_of(sheet, name)
    np.testing.assert_array_equal(run.steps, whole.steps)
    np.testing.assert_array_equal(run.loss, whole.loss)
    np.testing.assert_array_equal(run.log10_gradients, whole.log10_gradients)
    assert run.notes == whole.notes


def test_an_empty_folder_and_one_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder with a run"):
        read_run(tmp_path)
    (tmp_path / "notes.txt").write_text("nothing of use")
    assert find_runs(tmp_path) == []
    with pytest.raises(InputError, match="name one that is there"):
        find_runs(tmp_path / "nowhere")
