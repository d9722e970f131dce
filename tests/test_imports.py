"""The walls of the house: what an import may bring with it, and which way imports run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gradtui

ROOT = Path(__file__).parent.parent
SOURCE = Path(gradtui.__file__).parent
BEHIND_THE_FIRST_PAINT = (
    "gradtui.mathematics.chain",
    "gradtui.mathematics.initialisation.draw",
    "gradtui.mathematics.network.arrays",
    "gradtui.mathematics.network.flow",
    "gradtui.mathematics.recurrent.flow",
    "gradtui.mathematics.recurrent.jacobian",
    "gradtui.mathematics.recurrent.random_cells",
    "gradtui.mathematics.wide.mean_field",
    "gradtui.setup.sequence_files",
    "gradtui.views.scenarios",
    "csv",
    "hashlib",
    "importlib.metadata",
)
HEAVY = ("textual", "rich", "plotext", "scipy", "hypothesis", "mpmath")


def loaded(code: str, modules: tuple[str, ...] = ()) -> set[str]:
    """The heavy packages and modules that a fresh Python has loaded after the code."""
    looked_for = (*HEAVY, "numpy", *modules)
    report = f"\nimport sys; print([name for name in {looked_for!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code + report],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SOURCE.parent)},
        timeout=60,
    )
    return set(eval(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "most"),
    [
        ("import gradtui", set()),
        ("from gradtui import chain, activation; chain('tanh', [1.0] * 3)", {"numpy"}),
        ("import gradtui.progress", set()),
        ("import gradtui.setup", {"numpy"}),
        ("import gradtui.models", {"numpy"}),
        (
            "from gradtui.models import MODELS; from gradtui.progress import unwatched\n"
            "from gradtui.setup import Setup\n"
            "for family, model in MODELS.items():\n"
            "    setup = Setup.of(model=family, networks=2)\n"
            "    *_, decays = model.run(setup, unwatched)\n"
            "    decays[0].finding(), decays[0].rows(), model.remedy(decays[0], unwatched)",
            {"numpy"},
        ),
        ("from gradtui.views import VIEWS", {"numpy"}),
        (
            "from gradtui.progress import unwatched; from gradtui.views import VIEWS\n"
            "for view in VIEWS.values():\n"
            "    setup = view.default_setup\n"
            "    *_, result = view.results(setup, unwatched)\n"
            "    view.table(result), view.finding(result, view.focused(setup))",
            {"numpy"},
        ),
        ("import gradtui.lessons", {"numpy"}),
        ("from gradtui import find_runs, read_run", {"numpy"}),
        ("import gradtui.app.state, gradtui.app.steps, gradtui.app.panes", {"numpy"}),
        ("import gradtui.app.main", {"numpy", "textual", "rich"}),
    ],
    ids=[
        "package",
        "engine",
        "progress",
        "setup",
        "models",
        "running models",
        "views",
        "running views",
        "lessons",
        "runs",
        "state",
        "app",
    ],
)
def test_an_import_brings_no_more_than_it_needs(code: str, most: set[str]) -> None:
    assert loaded(code) <= most


def test_the_first_paint_needs_neither_numpy_nor_the_engine(tmp_path: Path) -> None:
    """Importing it takes as long as half of Textual; the engine does that once there is a frame."""
    code = (
        "from pathlib import Path; from gradtui.app.deferred_import import deferred\n"
        "with deferred('numpy'):\n"
        "    from gradtui.app import going, main, panes, storage\n"
        "    from gradtui.app.state import State\n"
        "from gradtui.views import VIEWS; from gradtui.views.view import Size\n"
        f"file = Path({str(tmp_path / 'state.json')!r})\n"
        "storage.save(State(), file); state = storage.load(file)\n"
        "assert state == State()\n"
        "for name in VIEWS:\n"
        "    state = going.switched(state, name)\n"
        "    panes.side(state, Size(24, 14)), panes.top(state, 80, 1.0), panes.bottom(state, 80)\n"
        "main.GradTUI(state)"
    )
    assert loaded(code, BEHIND_THE_FIRST_PAINT) == {"textual", "rich"}
    use = "\nfrom gradtui.mathematics.activations import activation\nactivation('tanh')(1.0)"
    assert "numpy" in loaded(code + use)
    modules = loaded(f"import {', '.join(BEHIND_THE_FIRST_PAINT)}", BEHIND_THE_FIRST_PAINT)
    assert modules >= {*BEHIND_THE_FIRST_PAINT}, "they are where the test looks for them"


def test_scipy_comes_with_the_function_that_needs_it() -> None:
    assert "scipy" in loaded("from gradtui import activation; activation('gelu')(1.0)")


def test_a_picture_needs_plotext_and_nothing_of_the_app() -> None:
    code = (
        "from gradtui.progress import unwatched; from gradtui.views import VIEWS\n"
        "from gradtui.views.view import Size\n"
        "view = VIEWS['decay']; *_, result = view.results(view.default_setup, unwatched)\n"
        "view.draw(result, view.default_setup, Size(60, 20), 'braille')"
    )
    assert loaded(code) == {"numpy", "plotext"}


def test_imports_run_one_way() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("import-linter is not installed: pip install 'gradtui[test]'")
    done = subprocess.run(
        [command, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SOURCE.parent), "COLUMNS": "200"},
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_public_name_is_there_and_nothing_else_is_promised() -> None:
    for name in gradtui.__all__:
        assert getattr(gradtui, name) is not None
    assert dir(gradtui) == sorted(gradtui.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        gradtui.no_such_name  # noqa: B018


@pytest.mark.parametrize(
    "file", sorted(SOURCE.rglob("*.py")), ids=lambda file: str(file.relative_to(SOURCE))
)
def test_every_file_says_over_the_door_what_room_it_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith('"""')
