"""The README's examples are real: each is run and compared, letter by letter.

`python tests/test_readme.py` writes the present output into the README.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from gradtui.cli import main

README = Path(__file__).parent.parent / "README.md"
EXAMPLE = re.compile(r"(```console\n\$ (gradtui [^\n]*)\n)(.*?)(```)", re.DOTALL)
EXAMPLES = EXAMPLE.findall(README.read_text(encoding="utf-8"))


def printed(command: str) -> str:
    """What the command prints to a pipe, errors included."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        main(shlex.split(command)[1:])
    out.flush()
    text = out.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@pytest.mark.parametrize(("command", "output"), [(one[1], one[2]) for one in EXAMPLES])
def test_an_example_prints_what_the_readme_shows(command: str, output: str) -> None:
    assert printed(command) == output


def test_the_python_examples_are_true() -> None:
    results = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert results.attempted > 0
    assert results.failed == 0


def test_the_readme_opens_with_one_sentence_a_picture_and_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    before_the_first_section = text.split("\n## ")[0]
    assert len(re.findall(r"```sh\n[^\n]+\n```", before_the_first_section)) == 2
    assert "![" in before_the_first_section
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
        assert (README.parent / picture).is_file()


if __name__ == "__main__":
    os.environ.update(COLUMNS="80", LINES="24")
    shown = EXAMPLE.sub(
        lambda match: match[1] + printed(match[2]) + match[4], README.read_text(encoding="utf-8")
    )
    README.write_text(shown, encoding="utf-8")
    sys.exit(0)
