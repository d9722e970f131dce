"""`gradtui learn`: lessons as text, a step of one, and handouts."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from gradtui.lessons import LESSONS
from gradtui.lessons.latex import latex
from support.commands import run


def printed(*words: str) -> str:
    """What a command prints that succeeds, and says nothing beside it."""
    done = run(*words)
    assert (done.status, done.err) == (0, "")
    return done.out


def failed(*words: str) -> str:
    """What a command says that fails, and prints nothing."""
    done = run(*words)
    assert (done.status, done.out) == (2, "")
    return done.err


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in line)


def test_without_a_name_every_lesson_is_listed() -> None:
    text = printed("learn")
    for name, lesson in LESSONS.items():
        assert re.search(rf"^{name} +{len(lesson.steps)} {re.escape(lesson.title.en)}$", text, re.M)


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("width", [40, 80])
def test_a_lesson_is_printed_whole_within_its_width(name: str, language: str, width: int) -> None:
    text = printed("learn", name, "--language", language, "--width", str(width))
    assert all(cells(line) <= width for line in text.splitlines())
    words = "".join(text.split())
    lesson = LESSONS[name]
    for said in (lesson.title, *(step.reason for step in lesson.steps), lesson.moral):
        assert "".join(said.in_(language).split()) in words
    for number in range(1, len(lesson.steps) + 1):
        assert re.search(rf"^ ?{number} +\S", text, re.M)


def test_a_step_stands_with_the_one_that_it_continues_and_the_way_on() -> None:
    text = printed("learn", "sigmoid", "--step", "4")
    assert re.search(r"^ 3  =", text, re.M)
    assert re.search(r"^ 4  =", text, re.M)
    assert not re.search(r"^ [25]  ", text, re.M)
    assert text.rstrip().endswith("gradtui learn sigmoid --step 5")


def test_the_last_step_ends_with_what_it_means() -> None:
    lesson = LESSONS["relu"]
    text = printed("learn", "relu", "--step", str(len(lesson.steps)))
    assert lesson.moral.en.split()[-1] in text
    assert "gradtui learn" not in text.splitlines()[-1]


def test_the_locale_says_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert LESSONS["tanh"].title.ko in printed("learn", "tanh")
    assert LESSONS["tanh"].title.en in printed("learn", "tanh", "--language", "en")
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert LESSONS["tanh"].title.en in printed("learn", "tanh")


@pytest.mark.parametrize("name", LESSONS)
def test_a_handout_for_latex_is_plain_ascii_and_balanced(name: str) -> None:
    text = printed("learn", name, "--latex")
    assert text.isascii()
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert text.startswith("\\documentclass")
    assert text.endswith("\\end{document}\n")
    assert all(latex(step.formula) in text for step in LESSONS[name].steps)


def test_a_handout_in_korean_asks_for_its_package() -> None:
    text = printed("learn", "chain", "--latex", "--language", "ko")
    assert "\\usepackage{kotex}" in text
    assert LESSONS["chain"].steps[0].reason.ko.split()[0] in text


def test_a_handout_in_markdown_has_each_formula_between_dollars(tmp_path: Path) -> None:
    file = tmp_path / "tanh.md"
    assert run("learn", "tanh", "--output", str(file)).status == 0
    text = file.read_text("utf-8")
    assert text == printed("learn", "tanh", "--markdown")
    assert re.findall(r"\$\$ (.*) \$\$", text) == [latex(s.formula) for s in LESSONS["tanh"].steps]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sigmod"], "lesson: 'sigmod' is not a lesson; did you mean sigmoid?"),
        (["\x1b[31m"], r"lesson: '\x1b[31m' is not a lesson; there are chain"),
        (["relu", "--step", "0"], "--step: '0' is not a step of relu: 1 to"),
        (["relu", "--step", "1e9"], "--step: '1e9' is not a step of relu: 1 to"),
        (["--step", "2"], "name the lesson, too"),
        (["--latex"], "name one of chain"),
        (["relu", "--latex", "--step", "2"], "leave it out"),
        (["relu", "--latex", "--markdown"], "not allowed with"),
        (["relu", "--language", "fr"], "'en', 'ko'"),
        (["relu", "--latex", "--output", "a.md"], "--latex asks for .tex"),
        (["relu", "--output", "a.pdf"], ".tex"),
    ],
)
def test_what_cannot_be_printed_is_said_with_what_can(words: list[str], said: str) -> None:
    assert said in failed("learn", *words)
