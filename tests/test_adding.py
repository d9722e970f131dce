"""The recipes of CONTRIBUTING.md are true: each is carried out, and what it adds is everywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gradtui

PACKAGE = Path(gradtui.__file__).parent
GUIDE = Path(__file__).parent.parent / "CONTRIBUTING.md"
RECIPE = re.compile(
    r"^(?P<how>In|As|At the end of) `src/gradtui/(?P<file>[^`]+)`"
    r"(?:, (?P<where>after|instead of) `(?P<line>[^`]+)`)?:\n\n```python\n(?P<code>.*?)```",
    re.DOTALL | re.MULTILINE,
)


class Copy:
    """A copy of the package, to which something is added."""

    def __init__(self, folder: Path) -> None:
        self.package = folder / "gradtui"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))

    def follow(self, heading: str) -> None:
        """Carry out the recipe under this heading."""
        chapter = GUIDE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
        recipes = list(RECIPE.finditer(chapter))
        assert recipes, f"no recipe under {heading}"
        for recipe in recipes:
            self.carry_out(**recipe.groupdict())

    def carry_out(self, how: str, file: str, where: str | None, line: str, code: str) -> None:
        """Write a file, or add something to one."""
        path = self.package / file
        if how == "As":
            assert not path.exists()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        if how == "At the end of":
            text += "\n\n" + code
        else:
            assert text.count(line + "\n") == 1, f"{file} has not one line {line!r}"
            new = code if where == "instead of" else f"{line}\n{code}"
            text = text.replace(line + "\n", new)
        path.write_text(text, encoding="utf-8")

    def run(self, *words: str) -> str:
        """What a command prints to a pipe."""
        return self._python("-m", "gradtui", *words)

    def python(self, code: str) -> str:
        """What a piece of code prints."""
        return self._python("-c", code)

    def _python(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-B", *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.package.parent,
            env={
                "PYTHONPATH": str(self.package.parent),
                "PYTHONIOENCODING": "utf-8",
                "XDG_STATE_HOME": str(self.package.parent),
                "XDG_CONFIG_HOME": str(self.package.parent),
                "OPENBLAS_NUM_THREADS": "1",
            },
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Copy]:
    """A copy for each recipe, made when it is asked for."""

    class Copies(dict[str, Copy]):
        def __missing__(self, heading: str) -> Copy:
            self[heading] = Copy(tmp_path_factory.mktemp("copy"))
            self[heading].follow(heading)
            return self[heading]

    return Copies()


def completed(copy: Copy) -> str:
    return copy.run("completion", "bash")


# -------------------------------------------------------------- an activation


def test_an_activation_is_one_function(copies: dict[str, Copy]) -> None:
    copy = copies["To add an activation"]
    assert "isru" in copy.run("list", "--csv")
    assert "isru" in completed(copy)
    found = json.loads(copy.run("derivative", "isru", "--json"))
    assert {row["activation"] for row in found["rows"]} == {"isru"}
    row = next(row for row in found["rows"] if row["z"] == 1.0)
    assert row["f"] == pytest.approx(2.0**-0.5, rel=1e-15)
    assert "vanishing" in copy.run("decay", "isru", "--depth", "200", "--weights", "0.5")
    assert copy.python("from gradtui.app.state import State; print('isru' in State().listed)")


def test_in_the_app_it_stands_in_the_list(copies: dict[str, Copy]) -> None:
    copy = copies["To add an activation"]
    code = (
        "from gradtui.app import panes, state\n"
        "from gradtui.views.view import Size\n"
        "print(panes.roster(state.State(), Size(24, 60)).text)"
    )
    assert "isru" in copy.python(code)


# --------------------------------------------------------------------- a knob


def test_a_knob_is_one_field(copies: dict[str, Copy]) -> None:
    copy = copies["To add a knob"]
    for view in ("chain", "decay"):
        assert "--gain" in copy.run(view, "--help")
    assert "--gain" not in copy.run("layers", "--help")
    assert "--gain" in completed(copy)
    found = json.loads(copy.run("chain", "--gain", "0.5", "--json"))
    assert found["setup"]["gain"] == "0.5"
    one = json.loads(copy.run("chain", "--weights", "0.5", "--json"))
    assert found["rows"][0]["log10_abs_gradient"] == one["rows"][0]["log10_abs_gradient"]


def test_a_knob_of_a_family_is_computed_anew_where_it_counts_and_nowhere_else(
    copies: dict[str, Copy],
) -> None:
    code = (
        "from gradtui.setup import Setup\n"
        "from gradtui.views import VIEWS\n"
        "for family in ('chain', 'network'):\n"
        "    setup = Setup.of(model=family); other = setup.with_(gain=2.0)\n"
        "    print(VIEWS['decay'].key(setup) == VIEWS['decay'].key(other))\n"
        "print('gain' in VIEWS['decay'].used(Setup.of(model='network')))"
    )
    assert copies["To add a knob"].python(code).split() == ["False", "True", "False"]


def test_in_the_app_it_has_a_row_a_key_and_is_remembered(copies: dict[str, Copy]) -> None:
    code = (
        "from pathlib import Path\n"
        "from gradtui.app import panes, state, storage\n"
        "from gradtui.views.view import Size\n"
        "first = state.State(setup=state.State().setup.with_(gain=2.5))\n"
        "print(panes.side(first, Size(24, 40)).text)\n"
        "file = Path('kept.json'); storage.save(first, file)\n"
        "print(storage.load(file).setup.chain.gain)\n"
        "print(first.record.knob_of('G', first.setup).name)"
    )
    out = copies["To add a knob"].python(code)
    assert re.search(r"G gain +2\.5", out)
    assert out.split()[-2:] == ["2.5", "gain"]


# --------------------------------------------------------------------- a view


def test_a_view_is_a_folder_and_a_line(copies: dict[str, Copy]) -> None:
    copy = copies["To add a view"]
    assert "What becomes of the signal" in copy.run("--help")
    assert "--depth" in copy.run("signal", "--help")
    assert "the signal goes from" in copy.run("signal", "tanh", "--depth", "5")
    assert "signal" in completed(copy)
    found = json.loads(copy.run("signal", "tanh", "--depth", "5", "--json"))
    assert found["view"] == "signal"
    assert len(found["rows"]) == 5
    assert copy.run("signal", "tanh", "--csv").startswith("layer,a\n")


def test_in_the_app_it_has_a_key_a_name_and_hints(copies: dict[str, Copy]) -> None:
    code = (
        "from gradtui.app import going, panes, state\n"
        "from gradtui.app.actions import ACTIONS\n"
        "print([action.keys for action in ACTIONS if action.name == 'view_signal'])\n"
        "now = going.switched(state.State(), 'signal')\n"
        "print(panes.top(now, 120, 1.0).text)\n"
        "print(panes.bottom(now, 120).text)"
    )
    out = copies["To add a view"].python(code)
    assert "[('9',)]" in out
    assert "9 signal" in out
    assert "depth" in out


# -------------------------------------------------------------------- a model


def test_a_model_is_a_group_of_knobs_and_a_folder(copies: dict[str, Copy]) -> None:
    copy = copies["To add a model"]
    text = copy.run("decay", "--help")
    assert "--factor" in text
    assert "geometric" in text
    assert "--factor" in completed(copy)
    found = json.loads(copy.run("decay", "tanh", "--factor", "0.5", "--depth", "20", "--json"))
    assert found["setup"]["model"] == "geometric"  # its knob switches to it
    assert found["findings"][0]["verdict"] == "vanishing"
    assert found["findings"][0]["remedy"]["changes"] == {"factor": "1"}
    assert found["rows"][0]["log10"] == pytest.approx(20 * -0.3010299956639812)
    assert copy.run("decay", "tanh", "--model", "geometric", "--csv").startswith("layer,log10\n")


def test_in_the_app_it_is_a_model_to_choose_with_its_knob(copies: dict[str, Copy]) -> None:
    code = (
        "from gradtui.app import panes, state, steps\n"
        "from gradtui.views.view import Size\n"
        "now = state.State(); seen = []\n"
        "for _ in range(3):\n"
        "    now = steps.toggle_model(now); seen.append(now.setup.model)\n"
        "print(sorted(seen))\n"
        "now = steps.set_knob(state.State(), 'factor', '0.5')\n"
        "print(now.setup.model)\n"
        "print(panes.side(now, Size(24, 40)).text)"
    )
    out = copies["To add a model"].python(code)
    assert "['chain', 'geometric', 'network']" in out
    assert re.search(r"F factor +0\.5", out)
    assert not re.search(r"w weights", out)


# -------------------------------------------------------- a model of real layers

DAMPED_KNOBS = '''"""The knob of damped networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gradtui.setup.family import Family
from gradtui.setup.knob import real


@dataclass(frozen=True)
class Damped(Family):
    """Networks whose gradient is damped by a factor a layer."""

    compares: ClassVar[tuple[str, ...]] = ("init",)
    builds_on: ClassVar[tuple[str, ...]] = ("network",)

    damping: float = real(0.5, "D", "what a layer leaves of a gradient", 1e-3, 1.0, 0.1)
'''
DAMPED_MODEL = '''"""Networks whose weights are damped."""

from __future__ import annotations

from gradtui.mathematics.initialisation.draw import RandomNetwork
from gradtui.models.model import Layered, Model
from gradtui.models.network import MODEL as PLAIN
from gradtui.progress import unwatched
from gradtui.setup import Network, names_of
from gradtui.setup.damped import Damped


def drawn(subject, number, tick=unwatched, init=None):
    network, rng = PLAIN.layered.drawn(subject, number, tick, init)
    weights = [subject.setup.damped.damping * w for w in network.weights]
    return RandomNetwork(weights, network.biases), rng


MODEL = Model(
    family="damped",
    knobs=(*names_of(Damped), *names_of(Network, without=("batch",))),
    layout=PLAIN.layout,
    expected=PLAIN.expected,
    run=PLAIN.run,
    remedy=PLAIN.remedy,
    layered=Layered(
        PLAIN.layered.sigmas,
        drawn,
        PLAIN.layered.flow,
        PLAIN.layered.measured,
        PLAIN.layered.sigma_w_text,
    ),
)
'''


@pytest.fixture(scope="module")
def damped(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy with a third family, which has real layers and builds on the knobs of networks."""
    copy = Copy(tmp_path_factory.mktemp("damped"))
    copy.carry_out("As", "setup/damped.py", None, "", DAMPED_KNOBS)
    copy.carry_out("As", "models/damped/__init__.py", None, "", DAMPED_MODEL)
    setup = "setup/setup.py"
    field = "    network: Network = dataclasses.field(default=Network())"
    new = "    damped: Damped = dataclasses.field(default=Damped())\n"
    copy.carry_out("In", setup, "after", field, new)
    line = "from gradtui.setup.family import Family"
    copy.carry_out("In", setup, "after", line, "from gradtui.setup.damped import Damped\n")
    models = "models/__init__.py"
    line = "from gradtui.models.chain import MODEL as CHAIN"
    new = "from gradtui.models.damped import MODEL as DAMPED\n"
    copy.carry_out("In", models, "after", line, new)
    line = "MODELS: Mapping[str, Model] = {model.family: model for model in (CHAIN, NETWORK)}"
    new = line.replace("NETWORK)", "NETWORK, DAMPED)") + "\n"
    copy.carry_out("In", models, "instead of", line, new)
    return copy


def test_a_model_of_real_layers_is_asked_with_its_own_knobs(damped: Copy) -> None:
    words = ("spectrum", "identity", "--depth", "10", "--units", "8", "--networks", "1", "--json")
    plain = json.loads(damped.run(*words))
    half = json.loads(damped.run(*words, "--damping", "0.5"))
    assert plain["setup"]["model"] == "network"
    assert half["setup"]["model"] == "damped"
    first = plain["rows"][0]["log10_singular_value"] - half["rows"][0]["log10_singular_value"]
    assert first == pytest.approx(0.3010299956639812)  # one layer of half the weights
    assert "--damping" in damped.run("layers", "--help")
    assert "--damping" not in damped.run("init", "--help")


def test_its_command_is_its_own(damped: Copy) -> None:
    code = (
        "from gradtui.setup import Setup\n"
        "from gradtui.views import VIEWS\n"
        "for view in ('decay', 'layers', 'spectrum'):\n"
        "    setup = Setup.of(activations=('tanh',), model='damped', damping=0.25, units=8)\n"
        "    print(VIEWS[view].command(setup))\n"
        "    print('damping' in VIEWS[view].used(setup), 'units' in VIEWS[view].used(setup))\n"
        "    print(VIEWS[view].key(setup) != VIEWS[view].key(setup.with_(damping=0.5)))\n"
        "    two = setup.with_(init=('orthogonal', 'critical'))\n"
        "    print(VIEWS[view].subjects(two))"
    )
    lines = damped.python(code).splitlines()
    for command, used, other_key, subjects in zip(*(iter(lines),) * 4, strict=True):
        assert "'--model', 'damped'" in command
        assert "'--damping', '0.25'" in command
        assert (used, other_key) == ("True True", "True")
        assert subjects == "('orthogonal', 'critical')"


def test_knobs_that_it_builds_on_do_not_switch_away_from_it(damped: Copy) -> None:
    code = (
        "from gradtui.setup import Setup, implied\n"
        "print(implied(Setup.of(model='damped'), 'units', 8))\n"
        "print(implied(Setup.of(model='chain'), 'units', 8))\n"
        "print(implied(Setup.of(model='network'), 'damping', 0.1))"
    )
    expected = ["{}", "{'model': 'network'}", "{'model': 'damped'}"]
    assert damped.python(code).splitlines() == expected
