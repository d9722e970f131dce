"""`gradtui verify` as a command: what it prints, as what, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradtui.cli import verify as command
from gradtui.mathematics.verify import AGAINST_TORCH, GROUPS
from gradtui.mathematics.verify.check import Check
from support.commands import Done, run

GOOD = Check("chains", "10,000 sigmoids", "-6483.956563067094", -6483.956563067094, 4.3e-13,
             1e-10, "mpmath, 50 digits")  # fmt: skip
BAD = Check("time", "lstm, 6 steps: ∂L/∂h, 0", "-0.25", -0.3, 0.05, 1e-10, "differences")
LONG = replace(GOOD, group="activations", what="hardtanh(min_val=-2, max_val=0.5), f′(-746.5)")
NEVER = replace(GOOD, group="blocks", expected="-inf", got=1.0, error=float("inf"))


def with_checks(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    def found(groups: Any, tick: Any) -> Iterator[Check]:
        tick(0.5)
        yield from checks

    monkeypatch.setattr(command, "every_check", found)


def test_every_group_is_told_and_all_hold() -> None:
    done = run("verify")
    lines = done.out.splitlines()
    assert (done.status, done.err) == (0, "")
    heads = [line.split("  ")[0] for line in lines if line.endswith("error allowed")]
    assert heads == list(GROUPS)
    for words in ("expected", "got", "error", "allowed", "against mpmath, 50 digits", "-6483"):
        assert words in done.out
    count = sum(line.startswith("ok ") for line in lines)
    assert lines[-1] == f"{count} of {count} checks hold"
    assert not any(line.startswith("FAIL") for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_columns_stand_under_their_heads(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with_checks(monkeypatch, GOOD, BAD, LONG, NEVER)
    lines = run("verify", "--width", str(width)).out.splitlines()
    rows = [line for line in lines if line.startswith(("ok ", "FAIL"))]
    heads = [line for line in lines if line.endswith("error allowed")]
    assert len(rows) == len(heads) == 4
    assert {len(line) for line in rows + heads} == {max(width, 57)}
    for word in ("expected", "got", "error"):
        end = heads[0].index(word) + len(word)
        assert all(line[end] == " " and line[end - 1] != " " for line in rows + heads)


def test_one_that_fails_is_told_and_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    with_checks(monkeypatch, GOOD, BAD, LONG)
    done = run("verify")
    lines = done.out.splitlines()
    assert (done.status, done.err) == (1, "")
    (failed,) = (line for line in lines if line.startswith("FAIL"))
    assert " ".join(failed.split()[1:]) == "lstm, 6 steps: ∂L/∂h, 0 -0.25 -0.3 5.0e-02 1e-10"
    assert lines[-1] == "2 of 3 checks hold"
    summary = {line.split()[0]: line.split()[1:4] for line in lines[-4:-1]}
    assert summary == {
        "activations": ["1", "of", "1"], "chains": ["1", "of", "1"], "time": ["0", "of", "1"],
    }  # fmt: skip


def test_groups_come_in_one_order_whatever_that_of_the_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_checks(monkeypatch, BAD, GOOD, BAD, LONG)
    lines = run("verify").out.splitlines()
    heads = [line.split()[0] for line in lines if line.endswith("error allowed")]
    assert heads == ["activations", "chains", "time"]


def test_numbers_have_all_their_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    with_checks(monkeypatch, GOOD, BAD, NEVER)
    done = run("verify", "--json")
    found = json.loads(done.out)
    assert done.status == 1
    assert (found["hold"], found["of"]) == (1, 3)
    assert found["checks"][0] == {
        "group": "chains", "what": "10,000 sigmoids", "expected": "-6483.956563067094",
        "got": -6483.956563067094, "error": 4.3e-13, "tolerance": 1e-10, "holds": True,
        "source": "mpmath, 50 digits",
    }  # fmt: skip
    assert found["checks"][2]["error"] is None
    rows = list(csv.DictReader(io.StringIO(run("verify", "--csv").out)))
    assert [row["what"] for row in rows] == [check.what for check in (GOOD, BAD, NEVER)]
    assert float(rows[0]["got"]) == GOOD.got


def test_a_file_is_written_as_its_name_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_checks(monkeypatch, GOOD)
    for name, flags in (("v.json", ["--json"]), ("v.csv", ["--csv"]), ("v.txt", [])):
        file = tmp_path / name
        done = run("verify", "--output", str(file))
        assert (done.status, done.out) == (0, "")
        assert file.read_text("utf-8") == run("verify", *flags).out


@pytest.mark.parametrize("name", ["mean-field", "mean field", "MEAN_FIELD"])
def test_one_group_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def found(groups: Any, tick: Any) -> list[Check]:
        asked.extend(groups)
        return [GOOD]

    monkeypatch.setattr(command, "every_check", found)
    assert run("verify", "--group", name).status == 0
    assert asked == ["mean field"]


def test_in_ascii_all_is_spelled_and_aligned() -> None:
    done = run("verify", "--group", "time", encoding="ascii")
    lines = done.out.splitlines()
    assert done.out.isascii()
    assert done.status == 0
    assert max(map(len, lines)) <= 80
    ends = {len(line) for line in lines if line.startswith("ok ")}
    assert len(ends) == 1


def test_colours_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with_checks(monkeypatch, GOOD, BAD)
    assert "\x1b[" in run("verify", "--color", "always").out
    assert "\x1b[" not in run("verify").out


def test_ctrl_c_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(groups: Any, tick: Any) -> list[Check]:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "every_check", found)
    done = run("verify")
    assert (done.status, done.out) == (130, "")


# ------------------------------------------------------------ against PyTorch


def against(*words: str) -> Done:
    return run("verify", "--against", "torch", *words)


def test_without_pytorch_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    done = against("--setups", "100000")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("gradtui: error: ")
    assert "pip install torch" in done.err
    assert done.err.count("\n") == 1


def test_pytorch_is_imported_only_then() -> None:
    import subprocess

    code = "from gradtui.cli import main; main(['verify', '--group', 'time']); import sys; " \
           "sys.exit('torch' in sys.modules)"  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_as_many_setups_as_are_asked_for() -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    done = against("--setups", "12", "--seed", "4", "--json")
    found = json.loads(done.out)
    assert (done.status, found["hold"], found["of"]) == (0, 12, 12)
    assert {row["group"] for row in found["checks"]} == set(AGAINST_TORCH)
    assert all(row["source"].startswith("PyTorch ") for row in found["checks"])
    assert found != json.loads(against("--setups", "12", "--seed", "5", "--json").out)
    page = against("--setups", "4", "--group", "blocks").out
    assert page.splitlines()[-1] == "4 of 4 checks hold"
