"""`gradtui ask`: lists, searches and answers, in both languages, as text and as numbers."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import shlex
import unicodedata
from pathlib import Path

import pytest

from gradtui.lessons.glossary import GLOSSARY
from gradtui.views import VIEWS
from gradtui.views.questions import BY_NAME, QUESTIONS
from support.commands import run


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("width", ["80", "60"])
def test_the_list_has_every_question_and_term_aligned(language: str, width: str) -> None:
    done = run("ask", "--language", language, "--width", width)
    assert done.status == 0
    lines = done.out.splitlines()
    assert max(map(cells, lines)) <= int(width)
    flat = " ".join(done.out.split())
    for one in QUESTIONS:
        assert f"{one.name} {getattr(one.asked, language)}" in re.sub(r" +", " ", flat)
        assert getattr(one.group, language) in lines
    for term in GLOSSARY:
        assert term.name in flat
    starts = {
        line.index(getattr(one.asked, language)[:3], len(one.name) + 2)
        for line in lines
        for one in QUESTIONS
        if line.startswith(f"  {one.name} ")
    }
    assert len(starts) == 1


def test_words_are_answered_with_the_sentence_the_verdict_and_the_command() -> None:
    done = run("ask", "dead relu")
    assert done.status == 0
    first, *rest = done.out.splitlines()
    assert first == BY_NAME["dead-relu"].asked.en
    text = " ".join(rest)
    assert "It is dead: at layer 5" in text
    assert "∅ relu dead:" in text
    assert shlex.join(BY_NAME["dead-relu"].command) in text
    assert "gradtui ask dying-units" in text
    assert run("ask", "dead", "relu").out == done.out


def test_the_command_that_is_named_says_the_same_verdict() -> None:
    done = run("ask", "dead-relu")
    (line,) = (line for line in done.out.splitlines() if line.startswith("see it: "))
    program, *words = shlex.split(line.removeprefix("see it: "))
    assert program == "gradtui"
    verdict = next(line for line in done.out.splitlines() if line.startswith("∅"))
    assert verdict in run(*words).out


def test_a_symbol_is_explained() -> None:
    done = run("ask", "chi")
    assert done.status == 0
    assert done.out.startswith("χ  chi\n")
    assert "χ = σw² E[f′(√q z)²]" in done.out
    assert "gradtui ask edge-of-chaos" in done.out
    assert done.err == ""


def test_korean_is_asked_and_answered() -> None:
    done = run("ask", "죽은", "relu", "--language", "ko")
    assert done.status == 0
    assert done.out.splitlines()[0] == BY_NAME["dead-relu"].asked.ko
    assert "5번 층에서" in done.out
    assert max(map(cells, done.out.splitlines())) <= 80 or "gradtui chain" in done.out
    assert "카이" in run("ask", "chi", "--language", "ko").out
    assert "카이" not in run("ask", "chi").out


@pytest.mark.parametrize("more", [(), ("--json",), ("--language", "ko")])
def test_where_nothing_fits_it_says_what_to_try(more: tuple[str, ...]) -> None:
    done = run("ask", "purple monkey", *more)
    assert done.status == 1
    assert done.out == ""
    assert "nothing is known of 'purple monkey'" in done.err
    assert "gradtui ask" in done.err


def test_the_picture_is_that_of_the_view_and_comes_when_asked_for() -> None:
    plain, drawn = run("ask", "dead-relu"), run("ask", "dead-relu", "--picture")
    assert drawn.out.startswith(plain.out)
    assert "∂L/∂w₁ = ∂L/∂a₈" in drawn.out.removeprefix(plain.out)
    assert "┌" in drawn.out
    assert "┌" not in plain.out


def test_an_answer_as_json_and_as_csv() -> None:
    found = json.loads(run("ask", "dead relu", "--json").out)
    assert found["name"] == "dead-relu"
    assert found["verdict"] == "dead"
    assert found["answer"].startswith("It is dead")
    assert [one["name"] for one in found["near"]] == ["dying-units"]
    assert "dead" in found["terms"][0]["names"]
    (row,) = csv.DictReader(io.StringIO(run("ask", "dead relu", "--csv").out))
    assert row["answer"] == found["answer"]
    assert row["command"] == found["command"]
    korean = json.loads(run("ask", "dead relu", "--json", "--language", "ko").out)
    assert korean["answer"].startswith("죽은 유닛입니다.")
    entry = json.loads(run("ask", "chi", "--json").out)
    assert entry["terms"][0]["names"][0] == "χ"
    assert "answer" not in entry
    (row,) = csv.DictReader(io.StringIO(run("ask", "chi", "--csv").out))
    assert row["term"] == "χ"


def test_the_list_as_json_and_as_csv() -> None:
    found = json.loads(run("ask", "--json").out)
    assert [one["name"] for one in found["questions"]] == [one.name for one in QUESTIONS]
    assert len(found["terms"]) == len(GLOSSARY)
    rows = list(csv.DictReader(io.StringIO(run("ask", "--csv").out)))
    assert [row["question"] for row in rows] == [one.asked.en for one in QUESTIONS]


def test_a_file_gets_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    done = run("ask", "dead-relu", "--output", str(file))
    assert done.status == 0
    assert file.read_text("utf-8") == run("ask", "dead-relu").out


@pytest.mark.parametrize("words", [(), ("dead-relu",), ("chi",), ("float16", "--picture")])
def test_without_utf8_it_is_ascii(words: tuple[str, ...]) -> None:
    done = run("ask", *words, encoding="ascii")
    assert done.status == 0
    assert done.out.isascii()
    assert max(map(len, done.out.splitlines())) <= 100


def test_korean_where_it_cannot_be_shown_is_refused() -> None:
    done = run("ask", "--language", "ko", encoding="ascii")
    assert done.status == 2
    assert "--language" in done.err


def test_work_that_takes_long_is_foretold(monkeypatch: pytest.MonkeyPatch) -> None:
    view = dataclasses.replace(VIEWS["chain"], foretold=lambda setup: "thinking takes about 9 s")
    monkeypatch.setattr("gradtui.cli.asking.VIEWS", {**VIEWS, "chain": view})
    assert run("ask", "dead-relu").err == "gradtui: thinking takes about 9 s; ctrl+c ends it\n"


def test_help_and_completion_know_it() -> None:
    told = run("ask", "--help").out
    assert 'gradtui ask "dead relu"' in told
    assert "Exit status 1" in told
    assert "ask" in run("--help").out
    assert "dead-relu" in run("completion", "bash").out


@pytest.mark.parametrize("name", ["chi", "xi", "theta", "sigma_w"])
def test_without_utf8_each_name_of_an_entry_is_told_once(name: str) -> None:
    first = run("ask", name, encoding="ascii").out.splitlines()[0]
    told = re.split(r"  |, ", first)
    assert name in told
    assert len({*told}) == len(told)
