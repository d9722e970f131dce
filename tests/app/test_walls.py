"""The walls inside the app: what only one module may know, and what none may."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widget import Widget

import gradtui.app
from gradtui.app.main import GradTUI, Main
from gradtui.app.pane import Pane
from gradtui.app.prompt import Prompt
from gradtui.app.screens import InfoPage, Page, ScenariosPage, SnippetsPage
from gradtui.app.textual_internals import WatchedApp
from gradtui.views import VIEWS

FOLDER = Path(gradtui.app.__file__).parent
INTERNALS = "textual_internals"
TREES = {file.stem: ast.parse(file.read_text(encoding="utf-8")) for file in FOLDER.glob("*.py")}
EVERY = pytest.mark.parametrize("name", sorted(TREES))


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def defined() -> set[str]:
    """The private names that the app's own modules give to something."""
    names = set()
    for name, tree in TREES.items():
        if name != INTERNALS:
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    names.add(node.name)
                elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    names.add(node.attr)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    names.add(node.target.id)
    return names


def private_names_of_others(tree: ast.Module) -> Iterator[str]:
    """Modules and attributes with a leading underscore that are not ours."""
    ours = defined()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (part for part in node.module.split(".") if private(part))
            yield from (alias.name for alias in node.names if private(alias.name))
        elif isinstance(node, ast.Attribute) and private(node.attr) and node.attr not in ours:
            yield node.attr


@EVERY
def test_only_one_module_knows_private_names_of_textual(name: str) -> None:
    found = sorted(set(private_names_of_others(TREES[name])))
    if name == INTERNALS:
        assert "_display" in found  # the test sees them
        assert "_compositor" in found
    else:
        assert found in ([], ["_exit"])  # os._exit is public, whatever it looks like


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(GradTUI, WatchedApp), (Main, Screen), (Pane, Widget), (Prompt, Widget), (Page, Screen),
     (InfoPage, Screen), (SnippetsPage, Screen), (ScenariosPage, Screen)],
)  # fmt: skip
def test_no_private_name_of_ours_is_one_that_textual_uses(ours: type, theirs: type) -> None:
    """A method or attribute of the same name would take its place without a word."""
    above = set(ours.__mro__) - set(theirs.__mro__)
    classes = {one.__name__ for one in above if one.__module__.startswith("gradtui.")}
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.name
        for tree in TREES.values()
        for top in tree.body
        if isinstance(top, ast.ClassDef) and top.name in classes
        for node in ast.walk(top)
        if (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name) and node.value.id == "self")
        or isinstance(node, ast.FunctionDef)
    }  # fmt: skip
    modules = {one.__module__ for one in theirs.__mro__ if one.__module__.startswith("textual.")}
    assert modules
    source = "".join(inspect.getsource(sys.modules[module]) for module in modules)
    used = set(re.findall(r"self\.(_\w+)", source)) | set(dir(theirs))
    assert {name for name in names if private(name)} & used == set()


def imports(tree: ast.Module) -> set[str]:
    """The modules of the app that a module imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "gradtui.app":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gradtui.app."):
            found.add((node.module or "").removeprefix("gradtui.app."))
    return found & set(TREES)


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: imports(tree) for name, tree in TREES.items()}
    assert "main" in graph["running"]
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError


def test_the_last_words_need_nothing_of_the_app() -> None:
    assert imports(TREES["last_words"]) == set()


def texts(tree: ast.Module) -> Iterator[str]:
    """Every string but the docstrings."""
    docs = {
        id(node.value) for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@EVERY
def test_no_view_is_named_but_the_one_that_opens_at_the_start(name: str) -> None:
    names = {*VIEWS} - {"time"}  # which is a word of any sentence
    named = [text for text in texts(TREES[name]) if names & set(re.findall(r"\w+", text.lower()))]
    assert named == (["decay"] if name == "state" else [])


@EVERY
def test_no_file_and_no_function_is_too_long_to_be_read_at_a_sitting(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 55, node.name
