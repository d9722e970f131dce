"""The README and the page of every view are true: their examples are run, their links followed.

`python tests/test_readme.py` writes the present output into all of them.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import itertools
import os
import re
import shlex
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from gradtui.app.actions import ACTIONS
from gradtui.cli import main
from gradtui.views import VIEWS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
VIEW_PAGES = {name: ROOT / "src" / "gradtui" / "views" / name / "README.md" for name in VIEWS}
RUNS = ROOT / "src" / "gradtui" / "runs" / "README.md"
SERVING = ROOT / "src" / "gradtui" / "serving" / "README.md"
SWEEPS = ROOT / "src" / "gradtui" / "sweeps" / "README.md"
FORMULAS = ROOT / "src/gradtui/mathematics/activations/formula/README.md"
PAGES = [
    README,
    RUNS,
    SERVING,
    SWEEPS,
    FORMULAS,
    *(page for page in VIEW_PAGES.values() if page.is_file()),
]

MOST_LINES = 455
"""The README is a door, not the house: what is longer belongs on a view's page."""
WIDEST = 80
"""A view's page is read in a terminal as well."""
SECTIONS = (
    "What the picture shows", "How to read it", "The readout", "Knobs", "Keys", "Examples",
)  # fmt: skip

EXAMPLE = re.compile(r"(```console\n\$ (gradtui [^\n]*)\n)(.*?)(```)", re.DOTALL)
KEYS = re.compile(r"(<!-- keys -->\n)(.*?)(<!-- /keys -->)", re.DOTALL)
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)|^\[[^]]+\]: (\S+)$", re.MULTILINE)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def called(page: Path) -> str:
    """The page in the name of a test: README.md, decay/README.md."""
    return str(page.relative_to(ROOT)).removeprefix(f"src{os.sep}gradtui{os.sep}views{os.sep}")


def short(command: str, most: int = 60) -> str:
    """A command in the name of a test."""
    told = re.sub(r" --height \d+", "", command)
    return told if len(told) <= most else f"{told[:most]}..."


def links(page: Path) -> list[str]:
    """The files that a page links to, pictures among them, as it writes them."""
    found = (one or other for one, other in LINK.findall(FENCED.sub("", text_of(page))))
    return sorted({link for link in found if not re.match(r"[a-z]+:|#", link)})


def printed(command: str) -> str:
    """What the command prints to a pipe, errors included; `| head -N` takes the first lines."""
    command, _, most = command.partition(" | head -")
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        main(shlex.split(command)[1:])
    out.flush()
    text = out.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
    lines = text.splitlines()[: int(most) if most else None]
    return "\n".join(line.rstrip() for line in lines) + "\n"


# ------------------------------------------------------------- every page


@pytest.mark.parametrize(
    ("command", "output"),
    [
        pytest.param(command, output, id=f"{called(page)}: {short(command)}")
        for page in PAGES
        for _, command, output, _ in EXAMPLE.findall(text_of(page))
    ],
)
def test_an_example_prints_what_the_page_shows(command: str, output: str) -> None:
    assert printed(command) == output


@pytest.mark.parametrize("page", [page for page in PAGES if ">>> " in text_of(page)], ids=called)
def test_the_python_examples_are_true(page: Path) -> None:
    results = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize(
    ("page", "link"),
    [
        pytest.param(page, link, id=f"{called(page)}: {link}")
        for page in PAGES
        for link in links(page)
    ],
)
def test_a_link_leads_to_a_file(page: Path, link: str) -> None:
    assert (page.parent / link.split("#")[0]).is_file()


# -------------------------------------------------------------- the README


def test_the_readme_opens_with_one_sentence_a_picture_and_two_commands() -> None:
    before_the_first_section = text_of(README).split("\n## ")[0]
    assert len(re.findall(r"```sh\n[^\n]+\n```", before_the_first_section)) == 2
    assert "![" in before_the_first_section


def test_the_readme_is_short() -> None:
    assert len(text_of(README).splitlines()) <= MOST_LINES


def test_the_readme_has_python_examples() -> None:
    assert ">>> " in text_of(README)


def keys_table() -> str:
    """Every key that means the same in all views, from the registry that binds and helps."""
    rows = ["| | the keys |", "|---|---|"]
    for group, actions in itertools.groupby(ACTIONS, lambda action: action.group):
        told = [f"`{one.shown}` {one.help}" for one in actions if not one.view_key]
        if told:
            rows.append(f"| {group} | {'<br>'.join(told)} |")
    return "\n".join(rows) + "\n"


def test_the_readme_has_every_key_of_the_app() -> None:
    assert KEYS.findall(text_of(README))[0][1] == keys_table()
    for action in ACTIONS:
        if not action.view_key and action.shown:
            assert f"`{action.shown}` {action.help}" in text_of(README)


@pytest.mark.parametrize("name", VIEWS)
def test_the_readme_leads_to_every_view(name: str) -> None:
    assert VIEW_PAGES[name].relative_to(ROOT).as_posix() in links(README)


# ------------------------------------------------------ the page of a view


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_its_page_in_the_package(name: str) -> None:
    assert (resources.files("gradtui.views") / name / "README.md").is_file()


@pytest.mark.parametrize("name", VIEWS)
def test_a_page_has_every_section_and_an_example(name: str) -> None:
    text = text_of(VIEW_PAGES[name])
    assert text.startswith(f"# {name}: ")
    assert tuple(re.findall(r"^## (.*)$", text, re.MULTILINE)) == SECTIONS
    assert "![" in text
    assert EXAMPLE.search(text)


@pytest.mark.parametrize("name", VIEWS)
def test_a_page_names_every_knob_with_its_default_and_its_key(name: str) -> None:
    view = VIEWS[name]
    section = text_of(VIEW_PAGES[name]).split("\n## Knobs\n")[1].split("\n## ")[0]
    named = re.findall(r"^- (`--[^`]*` \(`[^`]*`\)): ", section, re.MULTILINE)
    assert sorted(named) == sorted(written(view, knob) for knob in view.all_knobs)


def written(view: Any, knob: Any) -> str:
    """How a page writes a knob: `--depth 50` (`d`)."""
    default = knob.text(view.default_setup)
    key = "tab" if knob.name == "focus" else knob.letter
    return f"`{knob.flag} {shlex.quote(default) if default else 'NAME'}` (`{key}`)"


@pytest.mark.parametrize("name", VIEWS)
def test_a_page_fits_a_terminal(name: str) -> None:
    prose = FENCED.sub("", text_of(VIEW_PAGES[name]))
    assert [line for line in prose.splitlines() if len(line) > WIDEST] == []


if __name__ == "__main__":
    os.environ.update(COLUMNS="80", LINES="24")
    for page in PAGES:
        shown = EXAMPLE.sub(lambda found: found[1] + printed(found[2]) + found[4], text_of(page))
        shown = KEYS.sub(lambda found: found[1] + keys_table() + found[3], shown)
        page.write_text(shown, encoding="utf-8")
    sys.exit(0)
