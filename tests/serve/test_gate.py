"""The gate: what a visitor's process reads of the server's files, and that it writes none."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gradtui
from gradtui import files, gate
from gradtui.errors import InputError
from gradtui.runs.naming import runs_named
from gradtui.runs.reading import read_run
from gradtui.runs.shelf import EXAMPLE, Shelf
from gradtui.setup import KNOBS
from support.app import running, settle

PACKAGE = Path(gradtui.__file__).parent


@pytest.fixture
def sent() -> dict[str, bytes]:
    return {}


@pytest.fixture
def shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: dict[str, bytes]) -> Path:
    """A folder that is open, with things around it that are not."""
    folder = tmp_path / "runs"
    (folder / "deep" / ".secret").mkdir(parents=True)
    run = (PACKAGE / "runs" / "example.jsonl").read_text()
    for name in ("a.jsonl", "deep/b.jsonl", ".hidden.jsonl", "deep/.secret/c.jsonl"):
        (folder / name).write_text(run)
    (tmp_path / "outside.jsonl").write_text(run)
    (tmp_path / "runs2").mkdir()
    (tmp_path / "runs2" / "d.jsonl").write_text(run)
    (folder / "link.jsonl").symlink_to(tmp_path / "outside.jsonl")
    (folder / "way").symlink_to(tmp_path / "runs2")
    (folder / "inside.jsonl").symlink_to(folder / "a.jsonl")
    monkeypatch.setattr(gate, "_visit", None)
    gate.shut((folder,), sent.__setitem__)
    return folder


@pytest.mark.parametrize(
    "name", ["runs/a.jsonl", "a.jsonl", "./a.jsonl", "runs/deep/b.jsonl", "inside.jsonl"]
)
def test_a_run_in_an_open_folder_is_read(shut: Path, name: str) -> None:
    assert runs_named("runs", name, 6) == (name,)
    assert len(read_run(name).steps) > 10
    assert KNOBS["runs"].parse(name) == (name,)
    assert Shelf().run(name).steps.size > 10


def test_so_is_the_example_without_any_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_visit", None)
    gate.shut((), lambda name, content: None)
    assert Shelf().run(EXAMPLE).steps.size > 10
    with pytest.raises(InputError, match="no folder of the server is open"):
        runs_named("runs", "a.jsonl", 6)


def test_of_a_folder_the_runs_have_the_names_that_visitors_use(shut: Path) -> None:
    assert sorted(runs_named("runs", "runs", 6)) == ["runs/a.jsonl", "runs/deep/b.jsonl"]
    with pytest.raises(InputError) as refused:
        read_run("runs")
    assert str(shut.parent) not in str(refused.value)


OUTSIDE = (
    "../outside.jsonl", "runs/../../outside.jsonl", "deep/../a.jsonl", "/etc/passwd", "/etc",
    "/nonexistent/x", "/", "..", "~", "link.jsonl",
    "way/d.jsonl", "way", "runs/way", ".hidden.jsonl", "deep/.secret/c.jsonl", "deep/.secret",
    "../runs2/d.jsonl", "/proc/self/environ", "/dev/tty", "//etc/passwd", "runs/./../../etc",
)  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_else_is_and_the_words_do_not_tell_what_is_there(shut: Path, name: str) -> None:
    given = [name, str(shut.parent / name)] if not name.startswith(("/", "~")) else [name]
    for text in given:
        asked: list[Callable[[], object]] = [
            lambda text=text: runs_named("runs", text, 6),  # type: ignore[misc]
            lambda text=text: read_run(text),  # type: ignore[misc]
            lambda text=text: files.named_file(text),  # type: ignore[misc]
            lambda text=text: KNOBS["runs"].parse(f"'{text}'"),  # type: ignore[misc]
        ]
        for ask in asked:
            with pytest.raises(InputError) as refused:
                ask()
            assert refused.value.given == text
            if not text.endswith(("/", "..", "~")):
                assert refused.value.allowed == "in a folder that is open to visitors: runs"


@pytest.mark.parametrize("name", ["~root", "~nobody-of-that-name", "~root/x", "~/x"])
def test_a_tilde_is_a_letter_and_tells_of_no_user(shut: Path, name: str) -> None:
    assert files.named_file(name) == shut / name
    with pytest.raises(InputError, match=r"\(No such file or directory\)"):
        runs_named("runs", name, 6)


def test_what_is_named_by_nobody_is_checked_where_it_is_opened(shut: Path) -> None:
    for name in ("../outside.jsonl", ".hidden.jsonl", "link.jsonl"):
        with pytest.raises(PermissionError):
            files.open_regular(shut / name)
        with pytest.raises(PermissionError):
            files.read_bytes(shut / name, 10**6)
    assert files.read_bytes(shut / "a.jsonl", 10**6)


def test_nothing_is_written(shut: Path) -> None:
    with pytest.raises(PermissionError):
        files.write_atomically(shut / "new.txt", "text")
    assert not (shut / "new.txt").exists()


@pytest.mark.parametrize("name", ["runs/a.jsonl", "/etc/passwd", "noize", "x.csv", "/nonexistent"])
def test_sequences_are_read_from_no_file(shut: Path, name: str) -> None:
    with pytest.raises(InputError, match="files are not read for visitors"):
        KNOBS["inputs"].parse(name)


def test_the_servers_input_is_no_run(shut: Path) -> None:
    with pytest.raises(InputError, match="the server's input"):
        runs_named("runs", "-", 6)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.svg", "/etc/x.svg", "a\\b.svg", "a\0.svg"])
def test_what_is_saved_has_a_name_and_no_folder(shut: Path, name: str) -> None:
    with pytest.raises(InputError):
        gate.sent_name(name)


def test_what_is_saved_is_sent(shut: Path, sent: dict[str, bytes]) -> None:
    gate.send("a.svg", b"content")
    assert sent == {"a.svg": b"content"}


# ------------------------------------------------------- the second lock

ATTEMPTS = {
    "read": "open('/etc/passwd').read()",
    "read by path": "__import__('pathlib').Path('/etc/passwd').read_text()",
    "list": "os.listdir('/etc')",
    "scan": "list(os.scandir('/home'))",
    "outside": f"open({__file__!r})",
    "write": "open('/tmp/gradtui-test-written', 'w')",
    "write beside": "open(gate.OWN / 'written', 'w')",
    "write in the folder": "open(FOLDER + '/written', 'w')",
    "make": "os.mkdir('/tmp/gradtui-test-made')",
    "remove": "os.remove(FOLDER + '/a.jsonl')",
    "rename": "os.rename(FOLDER + '/a.jsonl', FOLDER + '/b.jsonl')",
    "run": "__import__('subprocess').run(['true'])",
    "shell": "os.system('true')",
    "fork": "os.fork() or os._exit(0)",
    "database": "__import__('sqlite3').connect('file:/etc/passwd?mode=ro', uri=True)",
    "connect": "__import__('socket').create_connection(('127.0.0.1', 9))",
    "link out": "open(FOLDER + '/link').read()",
}
SCRIPT = """
import json, os, sys
from pathlib import Path
from gradtui import gate
from gradtui.serving import child
FOLDER = sys.argv[1]
gate.shut((Path(FOLDER),), lambda name, content: None)
child._bound(1000)
sys.addaudithook(child._watch(gate.OWN, (Path(FOLDER),)))
open(FOLDER + "/a.jsonl").read()
open(gate.OWN / "gate.py").read()
open("/proc/meminfo").read()
said = {}
for name, attempt in json.loads(sys.argv[2]).items():
    try:
        exec(attempt)
    except Exception as error:
        said[name] = type(error).__name__
print(json.dumps(said))
"""


def test_what_comes_past_the_gate_is_refused_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "a.jsonl").write_text("{}")
    (folder / "link").symlink_to("/etc/passwd")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), json.dumps(ATTEMPTS)],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert set(said) == set(ATTEMPTS)
    assert set(said.values()) <= {"PermissionError", "OSError"}
    assert sorted(one.name for one in folder.iterdir()) == ["a.jsonl", "link"]


# --------------------------------------------------- every place that opens

OPENS = {
    "open", "fdopen", "read_text", "read_bytes", "open_regular", "write_text", "write_bytes",
    "write_atomically", "scandir", "listdir", "walk", "iterdir", "glob", "rglob", "connect",
    "ZipFile", "load", "loadtxt", "genfromtxt", "fromfile", "memmap", "mkdir", "unlink", "rename",
    "replace", "touch", "rmdir", "named_file", "named_path", "FileIO", "openpty", "Popen",
}  # fmt: skip
NOT_FOR_VISITORS = {
    "cli": "commands, which visitors have none of",
    "runs/recorder": "in the training's own process",
    "runs/weights": "the command weights, and read_weights",
    "serving": "the server, and what hands over to the gate",
    "mathematics/verify": "the command verify",
    "sweeps/files.py": "the command sweep; the app offers none to visitors",
    "settings.py": "before the app; the server resolves for its visitors",
    "app/storage.py": "kept by nobody with --fresh, and all written by write_atomically",
    "app/reports.py": "written by write_atomically, which refuses",
    "app/last_words.py": "/dev/null",
    "mathematics/memory.py": "/proc and /sys",
    "views/page.py": "pages of the package",
    "gate.py": "the gate",
    "files.py": "behind the gate",
}
THROUGH_THE_GATE = {"open_regular", "write_atomically", "named_file", "named_path", "read_bytes",
                    "read_text"}  # fmt: skip
BEHIND_A_NAME = {
    ("runs/folders.py", "scandir"): "a folder that named_path gave, and below it",
    ("runs/shelf.py", "scandir"): "the same",
    ("runs/formats/events_folder.py", "iterdir"): "the same",
    ("runs/formats/ranks.py", "iterdir"): "beside a file that was opened",
    ("runs/formats/mlflow.py", "walk"): "a folder of a run",
    ("runs/formats/sqlite.py", "connect"): "a file whose head was read by open_regular",
}
"""What looks into a folder or a file that came through the gate; the audit hook sees it too."""


def _calls() -> Iterator[tuple[str, str]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        where = file.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                name = getattr(called, "id", None) or getattr(called, "attr", "")
                if name not in OPENS:
                    continue
                of_what = ast.unparse(called.value) if isinstance(called, ast.Attribute) else ""
                if name in ("replace", "load", "walk") and of_what not in ("os", "np", "Path"):
                    continue  # of a string, a dataclass, JSON, a tree of Python
                yield where, name


def test_every_place_that_opens_a_file_is_known_here() -> None:
    calls = set(_calls())
    assert ("files.py", "open") in calls
    unknown = [
        (where, name)
        for where, name in calls
        if not any(where == one or where.startswith(f"{one}/") for one in NOT_FOR_VISITORS)
        and name not in THROUGH_THE_GATE
        and (where, name) not in BEHIND_A_NAME
    ]
    assert unknown == []
    assert set(BEHIND_A_NAME) <= calls


async def test_a_visitor_has_no_sweep_and_is_told_so(shut: Path) -> None:
    async with running() as (app, pilot):
        await pilot.press("number_sign")
        await settle(pilot)
        assert "No sweeps here" in app.state.message
        assert not app.prompt.display
