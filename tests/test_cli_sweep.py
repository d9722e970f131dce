"""`gradtui sweep` as a process: the same rows however they are computed, kept, resumed."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradtui.cli import main
from gradtui.views import VIEWS

GRADTUI = [sys.executable, "-m", "gradtui"]
KERAS = str(Path(__file__).parent / "runs" / "fixtures" / "keras.csv")
SWEEP = ["sweep", "chain", "tanh", "sigmoid", "--over", "depth=5:40:log6", "--over", "x=0.5,1"]


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GRADTUI, *words], capture_output=True, text=True, timeout=120, **options
    )  # type: ignore[call-overload, no-any-return]


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[1]) == pid and stat[0] != "Z":
                found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(true: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of one worker."""
    file = tmp_path_factory.mktemp("sweep") / "one.jsonl"
    assert run(*SWEEP, "--workers", "1", "--output", str(file)).returncode == 0
    return file.read_bytes()


def rows(file: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.splitlines()[1:]]


def test_four_workers_write_the_same_bytes(one: bytes, tmp_path: Path) -> None:
    file = tmp_path / "four.jsonl"
    done = run(*SWEEP, "--workers", "4", "--output", str(file))
    assert done.returncode == 0
    assert file.read_bytes() == one
    assert "of 24 cells" in done.stdout


@pytest.mark.heavy
def test_dask_writes_the_same_bytes_and_says_nothing_else(one: bytes, tmp_path: Path) -> None:
    file = tmp_path / "dask.jsonl"
    done = run(*SWEEP, "--dask", "local:2", "--output", str(file))
    assert done.returncode == 0
    assert file.read_bytes() == one
    assert done.stderr == f"gradtui: 24 rows in {file}\n"


@pytest.mark.heavy
def test_a_scheduler_with_two_workers_elsewhere(one: bytes, tmp_path: Path) -> None:
    address = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    own = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    started = [subprocess.Popen([*dask, *own, "--scheduler-file", str(address)], **quiet)]
    try:
        until(lambda: address.exists() and address.read_text().endswith("}"))
        for _ in range(2):
            words = ["--scheduler-file", str(address), "--nthreads", "1", "--no-dashboard"]
            started.append(subprocess.Popen([*worker, *words], **quiet))
        where = json.loads(address.read_text())["address"]
        file = tmp_path / "far.jsonl"
        words = [*SWEEP, "--dask", where, "--output", str(file)]
        until(lambda: "no workers" not in run(*words).stderr)
        assert run(*words).returncode == 0
        assert file.read_bytes() == one
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def test_a_row_is_what_the_command_of_the_view_says(one: bytes) -> None:
    row = rows(one)[-1]
    words = shlex.split(str(row["command"]))[1:]
    assert words == ["chain", "sigmoid", "--depth", "40"]
    (finding,) = json.loads(run(*words, "--json").stdout)["findings"]
    assert row["subject"] == finding["activation"]
    assert row["verdict"] == finding["verdict"]
    assert row["sentence"] == finding["sentence"]
    assert row["remedy"] == finding["remedy"]["command"]


def test_the_rows_are_every_combination_in_order(one: bytes) -> None:
    found = [(row["cell"], row["activations"], row["depth"], row["x"]) for row in rows(one)]
    depths = (5, 8, 11, 17, 26, 40)  # 5 · 8^(k/5), rounded
    wanted = [
        (name, depth, x) for name in ("tanh", "sigmoid") for depth in depths for x in (0.5, 1)
    ]
    assert found == [(at, *cell) for at, cell in enumerate(wanted, 1)]


@pytest.mark.heavy
def test_a_file_that_was_cut_anywhere_is_gone_on_with(one: bytes, tmp_path: Path) -> None:
    for cut in (0, 40, one.index(b"\n") + 1, len(one) // 2, len(one) - 1, len(one)):
        file = tmp_path / "cut.jsonl"
        file.write_bytes(one[:cut])
        done = run(*SWEEP, "--output", str(file))
        assert done.returncode == 0
        assert file.read_bytes() == one
        kept = max(one[:cut].count(b"\n") - 1, 0)
        assert (f"{kept} of 24 cells are there already" in done.stderr) is (kept > 0)


SLOW = ["sweep", "decay", "relu", "--model", "network", "--over", "seed=0:30:lin31",
        "--depth", "60"]  # fmt: skip


def begun(tmp_path: Path, file: Path, *words: str, lines: int = 3) -> subprocess.Popen[str]:
    """A sweep that takes long, with some lines there."""
    process = subprocess.Popen(
        [*GRADTUI, *SLOW, *words, "--output", str(file)], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    until(lambda: file.exists() and file.read_bytes().count(b"\n") >= lines)
    return process


@pytest.mark.heavy
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_ends_it_with_all_of_its_processes(number: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    process = begun(tmp_path, file, "--workers", "2")
    workers = children(process.pid)
    assert len(workers) >= 2
    if number in (signal.SIGINT, signal.SIGHUP):
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    _, told = process.communicate(timeout=20)
    until(lambda: not any(map(alive, workers)), 10)
    if number is signal.SIGKILL:
        return
    assert process.returncode == 128 + number
    assert "Traceback" not in told
    assert f"are kept in {file}; go on with:\n  gradtui sweep decay relu" in told


@pytest.mark.heavy
@pytest.mark.parametrize("lines", [1, 4])
def test_ctrl_c_ends_dask_s_workers_and_what_is_done_is_kept(lines: int, tmp_path: Path) -> None:
    """Also while they start: the file has its head alone by then."""
    pytest.importorskip("distributed")
    file = tmp_path / "rows.jsonl"
    process = begun(tmp_path, file, "--dask", "local:2", lines=lines)
    until(lambda: len(children(process.pid)) >= 3)  # two workers and what looks after them
    time.sleep(0.2 if lines == 1 else 0.0)  # into the workers' imports
    workers = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    # Half a second is wanted; Dask's own way to end takes 10 s when its workers are gone.
    _, told = process.communicate(timeout=4)
    until(lambda: not any(map(alive, workers)), 2)
    assert process.returncode == 128 + signal.SIGINT
    kept = file.read_bytes().count(b"\n") - 1
    first, second, rest = told.split("\n", 2)
    assert first == f"gradtui: ended; {kept} of 31 cells are kept in {file}; go on with:"
    assert second.startswith("  gradtui sweep decay relu")
    assert rest == ""
    words = shlex.split(second)[1:]
    again = subprocess.Popen(
        [*GRADTUI, *words], text=True, stderr=subprocess.PIPE, start_new_session=True
    )
    until(lambda: file.read_bytes().count(b"\n") > kept + 1)
    os.killpg(again.pid, signal.SIGINT)
    said = again.communicate(timeout=4)[1]
    assert (f"{kept} of 31 cells are there already" in said) is (kept > 0)


@pytest.mark.heavy
def test_a_worker_that_is_killed_costs_no_row(tmp_path: Path) -> None:
    words = [*SLOW[:5], "--over", "seed=0:7:lin8", "--depth", "60", "--workers", "2"]
    whole, file = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    assert run(*words, "--output", str(whole)).returncode == 0
    process = subprocess.Popen([*GRADTUI, *words, "--output", str(file)], stdout=subprocess.DEVNULL)
    until(lambda: file.exists() and file.read_bytes().count(b"\n") > 2)
    spawned = [
        pid for pid in children(process.pid)
        if b"spawn_main" in (Path("/proc") / str(pid) / "cmdline").read_bytes()
    ]  # fmt: skip
    os.kill(spawned[0], signal.SIGKILL)
    assert process.wait(120) == 0
    assert file.read_bytes() == whole.read_bytes()


# ------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "a view is missing"),
        (["decays"], "did you mean decay"),
        (["chain"], "nothing is swept"),
        (["chain", "--over", "depht=3"], "did you mean depth"),
        (["chain", "--over", "depth"], "KNOB=VALUES"),
        (["chain", "--over", "depth=0,5"], "a whole number from 1"),
        (["chain", "--over", "depth=5:1:log3"], "from low to high"),
        (["chain", "--over", "x=0:1:log3"], "above 0"),
        (["chain", "--over", "depth=1:9:log1"], "2 to 10,000 values"),
        (["chain", "--over", "depth=3", "--depth", "4"], "leave one of them out"),
        (["chain", "--over", "depth=3", "--over", "depth=4"], "swept twice"),
        (["chain", "--over", "layer=1,2"], "only says where somebody looks"),
        (["chain", "--over", "focus=tanh"], "about one of those compared"),
        (["derivative", "--over", "units=5"], "a knob of derivative"),
        (["time", "--over", "lag_axis=log,linear"], "only says what is drawn"),
        (["run", KERAS, "--over", "norm=gradient,weight"], "only says what is drawn"),
        (["chain", "--over", "depth=1:9:lin9", "--workers", "0"], "from 1 to 1,024"),
        (["chain", "--over", "depth=1:9:lin9", "--output", "x.xlsx"], ".jsonl"),
            (["chain", "--over", "depth=1:9:lin9", "--dask", "nonsense"], "tcp://"),
        (["chain", "--over", "seed=1:10000:lin10000", "--over", "depth=1:11:lin11"], "100,000"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_can(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *words]) == 2
    out, error = capsys.readouterr()
    assert said in error
    assert out == ""


def test_another_file_is_not_written_over(
    one: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.jsonl"
    for content, said in (
        (b"notes of mine\n", "something else"),
        (one, "its axes are others"),
        (one.replace(b'"gradtui": "', b'"gradtui": "9'), "wrote it"),
    ):
        file.write_bytes(content)
        other = "depth=3,4" if content is one else "depth=5:40:log6"
        words = ["sweep", "chain", "tanh", "sigmoid", "--over", other, "--over", "x=0.5,1"]
        assert main([*words, "--output", str(file)]) == 2
        assert said in capsys.readouterr().err
        assert file.read_bytes() == content


@pytest.mark.heavy
def test_a_cell_that_fails_is_a_row_with_its_error(tmp_path: Path) -> None:
    words = ["decay", "relu", "--networks", "2", "--block", "residual(norm=batch)", "--depth", "3"]
    done = run("sweep", *words, "--over", "batch=1,4", "--json")
    assert done.returncode == 0
    bad, good = json.loads(done.stdout)["cells"]
    assert good["error"] is None
    assert bad["verdict"] is None
    own = run(*shlex.split(str(bad["command"]))[1:])
    assert own.returncode == 2
    assert bad["error"] in own.stderr


@pytest.mark.heavy
def test_csv_json_and_parquet_hold_the_same(one: bytes, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow.parquet")
    table = list(csv.DictReader(io.StringIO(run(*SWEEP, "--csv").stdout)))
    cells = json.loads(run(*SWEEP, "--json").stdout)["cells"]
    file = tmp_path / "rows.parquet"
    assert run(*SWEEP, "--output", str(file)).returncode == 0
    parquet = pyarrow.read_table(file).to_pylist()
    for row, cell, line, own in zip(table, cells, parquet, rows(one), strict=True):
        assert cell == own
        assert float(row["log10_left"]) == own["log10_left"] == line["log10_left"]
        assert row["sentence"] == own["sentence"] == line["sentence"]
    assert [path.name for path in tmp_path.iterdir()] == ["rows.parquet"]


@pytest.mark.heavy
@pytest.mark.parametrize("flag", ["--json", "--csv", "--check"])
def test_who_stops_reading_ends_it_as_every_command(flag: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        codes = []
        for words in (["sweep", "chain", "--over", "activations=relu,tanh"], ["chain", "relu"]):
            done = subprocess.run(
                [*GRADTUI, *words, flag], stdout=closed, stderr=subprocess.PIPE, timeout=120
            )
            assert done.stderr == b""
            codes.append(done.returncode)
    assert codes == [128 + signal.SIGPIPE] * 2


@pytest.mark.heavy
def test_check_is_of_every_cell() -> None:
    words = ["sweep", "chain", "--check", "--depth", "30", "--over"]
    assert run(*words, "activations=relu").returncode == 0
    assert run(*words, "activations=relu,sigmoid").returncode == 1


@pytest.mark.parametrize("view", VIEWS)
def test_help_has_the_knobs_of_the_view(view: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", view, "--help"]) == 0
    text = capsys.readouterr().out
    assert all(knob.flag in text for knob in VIEWS[view].all_knobs)


def test_in_ascii_no_other_character_is_printed() -> None:
    done = run(*SWEEP, env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert done.stdout.isascii()
