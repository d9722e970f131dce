"""`gradtui weights`: the page, the numbers, the exit status, and files that are refused."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradtui
from gradtui import __version__
from gradtui.views.weights.table import NAMES
from support.commands import Done, run
from support.weight_files import safetensors

FIXTURES = Path(__file__).parent / "models" / "weights" / "fixtures"
DEEP, SEVERAL, NARROWING = (str(FIXTURES / f"{n}.pt") for n in ("deep", "several", "narrowing"))


def printed(*words: str, **how: Any) -> str:
    done = run("weights", *words, **how)
    assert (done.status, done.err) == (0, "")
    return done.out


def refused(*words: str) -> str:
    done = run("weights", *words)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("gradtui: error: ")
    assert done.err.count("\n") == 1
    return done.err


def strict(text: str) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def normal(*shape: int, sigma: float = 1.0) -> np.ndarray:
    w = np.random.default_rng(0).normal(0.0, sigma / np.sqrt(np.prod(shape[1:])), shape)
    return w.astype(np.float32)


# ------------------------------------------------------------- the page


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("file", [DEEP, SEVERAL, NARROWING])
@pytest.mark.parametrize("activations", ["", "relu", "tanh,leaky_relu(0.2),gelu"])
def test_every_line_fits(width: int, file: str, activations: str) -> None:
    given = ["--activation", activations] if activations else []
    for encoding in ("utf-8", "ascii"):
        text = printed(file, *given, "--width", str(width), encoding=encoding)
        assert max(map(len, text.splitlines())) <= width
        assert encoding == "utf-8" or text.isascii()
        assert "looks like" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_columns_stand_upright(width: int) -> None:
    lines = printed(SEVERAL, "--activation", "relu", "--width", str(width)).splitlines()
    head = next(line for line in lines if line.startswith("tensor "))
    end = head.index("σw") + 2
    rows = [line for line in lines if re.match(r"(conv|lstm|gru|wte)\.weight\S* ", line)]
    rows = rows[:8]  # the last is a sentence
    assert len(rows) == 8
    for line in rows:
        assert re.search(r" [\d.]+$", line[:end]), line
        assert line[end] == " "


def test_a_stack_comes_with_its_verdict() -> None:
    text = printed(DEEP, "--activation", "sigmoid")
    flat = " ".join(text.split())
    assert re.search(r"✗ sigmoid vanishing: ×3\.\de-\d+ of the loss's gradient arrives", flat)
    assert "in the order of the file" in flat
    assert "next: " in flat
    assert "No plain stack" not in flat


def test_several_activations_are_compared() -> None:
    text = printed(str(FIXTURES / "seven.pt"), "--activation", "sigmoid,tanh")
    assert re.findall(r"^[✗✓] (\S+ \S+):", text, re.MULTILINE) == [
        "sigmoid vanishing",
        "tanh healthy",
    ]
    assert " ".join(text.split()).count("Exact, through these weights") == 1
    assert re.search(r"√χ sigmoid √χ tanh arrives", text)


def test_what_is_no_stack_says_why() -> None:
    flat = " ".join(printed(SEVERAL).split())
    assert "No plain stack of Linear layers: conv.weight has 4 dimensions" in flat
    assert "wte.weight is also called head.weight: one tensor." in flat
    assert "lstm_l0: LSTM of 16 units, bias of its forget gates (b_ih + b_hh) 2;" in flat


def test_what_is_wrong_is_seen_at_any_width(tmp_path: Path) -> None:
    w = normal(8, 3, 3)
    w[0] = 0.0
    w[1, 0, 0] = np.nan
    names = [f"{part}.blocks.0.a_very_long_name_of_a_layer.conv.weight" for part in ("gen", "disc")]
    file = safetensors(tmp_path / "w.safetensors", dict.fromkeys(names, w))
    for width in (40, 80, 120):
        lines = printed(str(file), "--width", str(width)).splitlines()
        rows = [line for line in lines if "✗ 1 not finite" in line]
        assert len(rows) == 2
        assert len({row.split()[0] for row in rows}) == 2
    assert all("1 of 8 rows 0" in row for row in rows)


def test_a_title_names_file_format_and_size() -> None:
    first, second, *_ = printed(NARROWING, "--width", "40").splitlines()
    assert first.startswith("…")
    assert first.endswith("narrowing.pt")
    assert second == "PyTorch, 6 tensors, 245 numbers"


def test_names_of_a_file_reach_the_terminal_as_escapes(tmp_path: Path) -> None:
    name = "\x1b[31mred\x1b]0;t\x07\u202e\u0301.모델.weight"
    w = normal(4, 4)
    w[0, 0] = np.inf
    file = safetensors(tmp_path / "w.safetensors", {name: w, "\n": normal(3, 3)})
    for words in ([], ["--json"], ["--csv"], ["--activation", "relu"]):
        text = printed(str(file), *words)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    page = printed(str(file), "--width", "200").splitlines()
    assert any(line.startswith("\\x1b[31mred") and "4×4" in line for line in page)


def test_colour_only_where_it_is_wanted() -> None:
    assert "\x1b[" not in printed(DEEP, "--activation", "sigmoid")
    assert "\x1b[91m✗ sigmoid" in printed(DEEP, "--activation", "sigmoid", "--color", "always")


def test_sorted_by_a_column() -> None:
    def order(by: str) -> list[float]:
        rows = strict(printed(SEVERAL, "--json", "--sort", by))["tensors"]
        return [row[by] for row in rows if row[by] is not None]

    for by in ("sigma_w", "sigma_max", "stable_rank", "numbers"):
        values = order(by)
        assert values == sorted(values, reverse=True) or by == "numbers"
    rows = strict(printed(SEVERAL, "--json", "--sort", "numbers"))["tensors"]
    assert rows[0]["tensor"] == "lstm.weight_hh_l0"
    assert rows[-1]["dtype"] == "int64"


# ------------------------------------------------------------- the numbers


def test_json_has_every_row_and_the_verdicts() -> None:
    told = strict(printed(DEEP, "--activation", "relu,tanh", "--json"))
    assert told["gradtui"] == __version__
    assert told["format"] == "PyTorch"
    assert len(told["tensors"]) == 60
    assert told["stack"][:2] == ["0.weight", "2.weight"]
    assert [one["verdict"] for one in told["verdicts"]] == ["dead", "vanishing"]
    assert len(told["flow"]) == 2 * 31
    truth = json.loads((FIXTURES / "truth.json").read_text())["deep.pt"]
    other = strict(printed(DEEP, "--activation", "tanh", "--json", "--batch", "8", "--seed", "3"))
    found = [row["log10_gradient"] for row in other["flow"]]
    np.testing.assert_allclose(found, truth["tanh"], atol=1e-9)
    assert told["healthy"] is False


def test_the_numbers_are_numpys(tmp_path: Path) -> None:
    w = normal(12, 7, 3, sigma=0.7)
    w[3] = 0.0
    file = safetensors(tmp_path / "w.safetensors", {"conv.weight": w})
    (row,) = strict(printed(str(file), "--json"))["tensors"]
    matrix = w.astype(float).reshape(12, 21)
    largest = np.linalg.norm(matrix, 2)
    assert row["sigma_w"] == pytest.approx(matrix.std() * np.sqrt(21), rel=1e-12)
    assert row["sigma_max"] == pytest.approx(largest, rel=1e-12)
    assert row["stable_rank"] == pytest.approx(np.sum(matrix**2) / largest**2, rel=1e-12)
    assert (row["fan_in"], row["fan_out"], row["rows"], row["zero_rows"]) == (21, 36, 12, 1)
    assert row["shape"] == "12x7x3"


def test_csv_has_the_numbers_of_json() -> None:
    words = (SEVERAL, "--activation", "relu,gelu")
    rows = strict(printed(*words, "--json"))["tensors"]
    table = list(csv.DictReader(io.StringIO(printed(*words, "--csv"))))
    assert len(table) == len(rows)
    for line, row in zip(table, rows, strict=True):
        assert list(line) == list(row)
        for name, value in row.items():
            text = line[name]
            assert text == "" if value is None else text == str(value) or float(text) == value


def test_every_column_is_in_the_help() -> None:
    documented = {name for names in NAMES for name in names.split(", ")}
    header = printed(SEVERAL, "--csv").splitlines()[0].split(",")
    assert set(header) == documented - {"log10_rate ACTIVATION"}
    shown = " ".join(run("weights", "--help").out.split())
    assert all(f"{names}: " in shown for names in NAMES)


@pytest.mark.parametrize("ending", ["txt", "csv", "json"])
def test_a_file_gets_what_its_ending_says(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"out.{ending}"
    done = run("weights", NARROWING, "--output", str(file))
    assert (done.status, done.out) == (0, "")
    assert file.read_text() == printed(NARROWING, *([] if ending == "txt" else [f"--{ending}"]))


# ------------------------------------------------------------- the exit status


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([NARROWING, "--activation", "tanh"], 0),
        ([NARROWING], 0),
        ([SEVERAL], 0),
        ([DEEP, "--activation", "sigmoid"], 1),
        ([DEEP, "--activation", "relu"], 1),
        ([DEEP, "--activation", "sigmoid", "--threshold", "1e-80"], 0),
    ],
)
def test_a_check_fails_where_something_is_wrong(words: list[str], status: int) -> None:
    assert run("weights", *words, "--check").status == status
    assert run("weights", *words).status == 0


def test_a_check_fails_for_what_is_not_finite(tmp_path: Path) -> None:
    w = normal(4, 3, 3)
    file = safetensors(tmp_path / "w.safetensors", {"conv.weight": w})
    assert run("weights", str(file), "--check").status == 0
    w[0, 0, 0] = np.nan
    safetensors(file, {"conv.weight": w})
    assert run("weights", str(file), "--check").status == 1


# ------------------------------------------------------------- refused


class Runs:
    """What a pickle runs when it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch pwned",)


def test_a_pickle_that_asks_for_a_command_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("evil.pt", "w") as archive:
        archive.writestr("w/data.pkl", pickle.dumps({"a": Runs()}))
        archive.writestr("w/byteorder", "little")
    told = refused("evil.pt")
    assert f"{os.system.__module__}.system, which is refused" in told
    assert not Path("pwned").exists()


def test_files_that_are_none(tmp_path: Path) -> None:
    empty, noise, torn = (tmp_path / name for name in ("empty.pt", "noise.pt", "torn.safetensors"))
    empty.touch()
    noise.write_bytes(np.random.default_rng(0).bytes(300))
    torn.write_bytes(safetensors(torn, {"a": normal(4, 4)}).read_bytes()[:-1])
    assert "there is nothing in it" in refused(str(empty))
    assert "is not weights" in refused(str(noise))
    assert "a whole file of weights" in refused(str(torn))
    assert "No such file" in refused(str(tmp_path / "missing.pt"))
    assert "FILE" in refused()
    assert "expected here" in refused(NARROWING, SEVERAL)


def test_of_a_folder_the_files_in_it_are_named(tmp_path: Path) -> None:
    assert "name a file of weights" in refused(str(tmp_path))
    for name in ("b.safetensors", "a.npz", "note.txt"):
        (tmp_path / name).touch()
    assert "name a file in it: a.npz, b.safetensors" in refused(str(tmp_path))
    (tmp_path / "model.safetensors.index.json").touch()
    assert "name a file in it: model.safetensors.index.json" in refused(str(tmp_path))


@pytest.mark.parametrize("shape", [[2**60, 0], [0, 2**61], [2**40, 2**40], [2**31] * 8])
def test_shapes_that_no_array_has(shape: list[int], tmp_path: Path) -> None:
    file = safetensors(tmp_path / "w.safetensors", {"a": np.zeros((0, 1), np.float32)})
    text = file.read_bytes()[8:].replace(b"[0, 1]", json.dumps(shape).encode())
    file.write_bytes(len(text).to_bytes(8, "little") + text)
    assert "a whole file of weights" in refused(str(file))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--activation", "nope"], "'nope' is not a known activation"),
        (["--activation", ""], "it is empty"),
        (["--activatoin", "relu"], "did you mean --activation"),
        (["--sort", "sigma"], "one of file, numbers, sigma_w"),
        (["--batch", "0"], "from 1 to 4,096"),
        (["--x", "much"], "--x: 'much'"),
        (["--threshold", "2"], "--threshold"),
        (["--width", "3"], "from 40"),
        (["--output", "a.svg"], ".txt, .csv, .json"),
        (["--json", "--csv"], "not allowed with"),
    ],
)
def test_options_that_are_refused(words: list[str], said: str) -> None:
    assert said in refused(NARROWING, *words)


def test_the_command_is_meant_by_its_slips() -> None:
    done: Done = run("weihgts", NARROWING)
    assert done.status == 2
    assert "did you mean weights?" in done.err


# ------------------------------------------------------------- large files


def test_a_large_tensor_is_in_memory_once(tmp_path: Path) -> None:
    """In float64, four times what the file has; a little more for what goes through at a time."""
    w = np.random.default_rng(0).normal(0.0, 0.02, (3000, 4000)).astype(np.float16)
    file = safetensors(tmp_path / "w.safetensors", {"conv.weight": w})
    del w
    printed(NARROWING)  # what is imported by then is no part of it
    for look in (lambda: gradtui.read_weights(file)["conv.weight"], lambda: printed(str(file))):
        tracemalloc.start()
        look()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4.5 * file.stat().st_size


@pytest.mark.heavy
def test_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    w = np.random.default_rng(0).normal(0.0, 0.02, (6000, 5000)).astype(np.float16)
    file = safetensors(tmp_path / "w.safetensors", {f"{at}.weight": w for at in range(8)})
    start = (
        "import sys; from gradtui.cli import main\n"
        "print('begun', file=sys.stderr, flush=True)\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    for wait in (0.2, 0.3, 0.4):
        process = subprocess.Popen(
            [sys.executable, "-c", start, "weights", str(file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PYTHONPATH": str(Path(gradtui.__file__).parents[1]), "PATH": os.environ["PATH"]},
        )
        assert process.stderr is not None
        assert process.stderr.readline() == b"begun\n"
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert out == b""
        assert b"Traceback" not in err


@pytest.mark.heavy
def test_ten_thousand_tensors(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tensors = {}
    for at in range(5000):
        tensors[f"layers.{at}.weight"] = rng.normal(0.0, 0.35, (8, 8)).astype(np.float32)
        tensors[f"layers.{at}.bias"] = np.zeros(8, np.float32)
    file = safetensors(tmp_path / "w.safetensors", tensors)
    rows = strict(run("weights", str(file), "--activation", "relu", "--json").out)["tensors"]
    assert len(rows) == 10_000
    assert rows[-2]["layer"] == 5000


def test_a_ctrl_c_that_something_swallows_is_struck_again() -> None:
    start = (
        "import sys, time\n"
        "from gradtui.cli import entry, main\n"
        "def swallows(words):\n"
        "    try:\n"
        "        print('begun', flush=True); time.sleep(30)\n"
        "    except KeyboardInterrupt:\n"
        "        pass\n"
        "    time.sleep(30); return 0\n"
        "entry.status_of = swallows\n"
        "sys.exit(main([]))"
    )
    env = {"PYTHONPATH": str(Path(gradtui.__file__).parents[1]), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [sys.executable, "-c", start], stdout=subprocess.PIPE, env=env
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
