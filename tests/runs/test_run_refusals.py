"""What is no run, or none that can be read, is refused with a reason and a next step."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from gradtui import InputError, read_run
from support import run_samples as samples
from support.run_samples import reading


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "nothing in it"),
        (b"\0" * 100, "nothing in it"),
        (b"\n\n \n", "nothing in it"),
        (gzip.compress(b"step,loss\n0,1\n", mtime=0), "packed with gzip; unpack it first"),
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
