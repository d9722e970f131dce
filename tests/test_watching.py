"""`gradtui watch` without a terminal: a line for each new verdict, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.commands import run
from test_cli_process import COMMAND, environment


def line(step: int, norm: float | str = 1.0) -> str:
    return json.dumps({"step": step, "loss": 1.0, "grad_norm": norm}) + "\n"


@contextmanager
def watching(*words: str, stdin: int = subprocess.DEVNULL) -> Iterator[Any]:
    process = subprocess.Popen(
        [*COMMAND, "watch", *words],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def test_each_new_verdict_is_a_line_and_an_unhealthy_one_ends_with_1(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    with watching(str(file), "--until", "unhealthy") as process:
        assert "waiting for it" in process.stderr.readline()
        file.write_text(line(0) + line(1))
        assert "step 1: ✓ healthy" in process.stdout.readline()
        with file.open("a") as stream:
            stream.write(line(2))
            stream.flush()
            stream.write(line(3, "nan"))
        told = process.stdout.readline()
        assert "step 3: ! not finite at step 3 alone" in told
        assert process.wait(timeout=60) == 1
        assert process.stdout.read() == ""


def test_ctrl_c_ends_it_with_130(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(line(0) + line(1))
    with watching(str(file)) as process:
        assert "healthy" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert process.stderr.read() == ""


@pytest.mark.parametrize(("norm", "status"), [(1.0, 0), ("inf", 1)])
def test_standard_input_is_watched_until_it_ends(norm: float | str, status: int) -> None:
    with watching("-", "--until", "unhealthy", stdin=subprocess.PIPE) as process:
        process.stdin.write(line(0) + line(1) + line(2, norm))
        process.stdin.close()
        assert process.wait(timeout=60) == status
        assert f"step 2: {'!' if status else '✓'}" in process.stdout.read()


def test_several_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    for name, norm in (("good", 1.0), ("bad", "nan")):
        (tmp_path / f"{name}.jsonl").write_text(line(0) + line(1, norm))
    with watching(str(tmp_path / "good.jsonl"), str(tmp_path / "bad.jsonl")) as process:
        assert f"{tmp_path}/good.jsonl step 1: ✓" in process.stdout.readline()
        assert f"{tmp_path}/bad.jsonl step 1: !" in process.stdout.readline()


def test_what_is_told_is_no_escape_and_rings_in_no_file(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    row = {"step": 1, "grad_norm/\x1b[31mred": "nan", "grad_norm/other": 1.0}
    file.write_text(json.dumps(row) + "\n")
    with watching(str(file), "--bell") as process:
        told = process.stdout.readline()
        assert "\\x1b[31mred" in told
        assert "\x1b" not in told
        assert "\a" not in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "PATH"),
        ([str(at) for at in range(7)], "name at most 6"),
        (["-", "run.csv"], "- is watched alone"),
        (["run.csv", "--until", "noon"], "unhealthy"),
    ],
)
def test_what_cannot_be_watched_is_refused(words: list[str], said: str) -> None:
    done = run("watch", *words)
    assert done.status == 2
    assert said in done.err
