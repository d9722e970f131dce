"""`gradtui ask`: the questions, the answer to one, and the entries of the glossary."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from gradtui import __version__
from gradtui.errors import shown
from gradtui.lessons.glossary import GLOSSARY
from gradtui.lessons.lesson import Text
from gradtui.lessons.term import Term
from gradtui.models.decay import Table, Value
from gradtui.models.finding import Finding
from gradtui.plots.ascii import spelled
from gradtui.plots.picture import Row, row, row_text
from gradtui.plots.picture import wrapped as wrapped_rows
from gradtui.plots.wide import widened
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.export import as_csv, as_json
from gradtui.views.questions import QUESTIONS, Question
from gradtui.views.searching import search
from gradtui.views.view import View

_NEAR = 5
"""So many others are named below an answer."""

_SAID = {
    "try": Text("see it", "화면으로 보기"),
    "entries": Text("In the glossary", "용어"),
    "near": Text("Near to it", "비슷한 질문"),
    "terms": Text("And what a symbol or a word means", "기호와 용어의 뜻"),
}


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found to what somebody asked.

    Attributes:
        asked: that.
        question: the question that is answered; None where an entry of the glossary answers.
        said: its answer.
        result: the result from which that is drawn; None where it is from none.
        finding: the verdict beside it.
        entries: those of the glossary.
        near: other questions.
    """

    asked: str
    question: Question | None
    said: Text | None
    result: Any
    finding: Finding | None
    entries: tuple[Term, ...]
    near: tuple[Question, ...]


def answer(asked: str, last: Callable[[View[Any], Setup], Any]) -> Answer | None:
    """The best answer, with what lies near it; None where nothing fits.

    Args:
        asked: in words.
        last: gives the best result of a view.
    """
    found = [hit.what for hit in search(asked)]
    if not found:
        return None
    questions = [one for one in found if isinstance(one, Question)]
    entries = [one for one in found if isinstance(one, Term)]
    if not isinstance(found[0], Question):
        return Answer(asked, None, None, None, None, tuple(entries[:1]), tuple(questions[:_NEAR]))
    first, *others = questions
    result = finding = None
    if first.view:
        view, setup = VIEWS[first.view], first.setup
        result = last(view, setup.checked(view.family(setup)))
        finding = view.finding(result, view.focused(setup))
    said = first.answer(result, first.setup)
    return Answer(asked, first, said, result, finding, tuple(entries[:1]), tuple(others[:_NEAR]))


def nothing(asked: str) -> str:
    """What to try where nothing fits."""
    return (
        f"nothing is known of {shown(asked)}; ask with other words, such as a symbol, an"
        " activation "
        "or what goes wrong: gradtui ask 'dead relu'. `gradtui ask` lists the questions"
    )


# --------------------------------------------------------------------------- pages


def questions_page(width: int, language: str) -> tuple[Row, ...]:
    """Every question by what it is about; the names of the glossary's entries."""
    wide = max(len(question.name) for question in QUESTIONS) + 2
    rows: list[Row] = []
    for _, group in groupby(QUESTIONS, lambda question: question.group.en):
        some = list(group)
        rows += [row((some[0].group.in_(language), "title"))]
        for question in some:
            first, *rest = _lines((question.asked.in_(language)), width - wide - 2)
            rows.append(row("  ", (question.name.ljust(wide), "curve1"), first))
            rows += [row(" " * (wide + 2) + line) for line in rest]
        rows.append(())
    rows.append(row((_SAID["terms"].in_(language), "title")))
    names = spelled(", ".join(term.name.replace(" ", "\u00a0") for term in GLOSSARY))
    rows += [
        row((f"  {line.replace(chr(0xA0), ' ')}", "muted")) for line in _lines(names, width - 2)
    ]
    tries = 'Try: gradtui ask float16, gradtui ask "dead relu", gradtui ask chi'
    return (*rows, (), *_paragraph(tries, width, "muted"))


def answer_page(found: Answer, width: int, language: str) -> tuple[Row, ...]:
    """The answer, its verdict and its command; the glossary; other questions."""
    rows: list[Row] = []
    question = found.question
    if question is not None and found.said is not None:
        rows += _paragraph(question.asked.in_(language), width, "title")
        rows += _paragraph(found.said.in_(language), width)
        if (finding := found.finding) is not None:
            rows.append(())
            rows += _paragraph(f"{finding.kind.mark} {finding.sentence}", width, finding.kind.role)
        label = f"{_SAID['try'].in_(language)}: "
        # Never wrapped: it is there to be copied.
        rows += [(), row((label, "muted"), (shlex.join(question.command), "good"))]
    if found.entries:
        if rows:
            rows += [(), row((_SAID["entries"].in_(language), "title"))]
        for entry in found.entries:
            rows += _entry(entry, width, language)
    if found.near:
        rows += [(), row((_SAID["near"].in_(language), "title"))]
        wide = max(len(one.name) for one in found.near) + 2
        for one in found.near:
            first, *rest = _lines((one.asked.in_(language)), width - wide - 14)
            rows.append(row(("  gradtui ask ", "muted"), (one.name.ljust(wide), "curve1"), first))
            rows += [row(" " * (wide + 14) + line) for line in rest]
    return tuple(rows)


def _lines(text: str, width: int) -> list[str]:
    """The text in lines of whole words."""
    return [row_text(line) for line in wrapped_rows(widened(text), width)]


def _paragraph(text: str, width: int, role: str = "") -> list[Row]:
    return [row((line, role)) for line in _lines((text), width)]


def _entry(term: Term, width: int, language: str) -> list[Row]:
    """Its names, and what it means."""
    first, *rest = term.names
    told = [spelled(name) for name in rest if language == "ko" or not _korean(name)]
    # In ASCII alone χ is spelled as its other name is: each is told once.
    others = ", ".join(name for name in dict.fromkeys(told) if name != spelled(first))
    lead = row((spelled(first), "curve1"), (f"  {others}" if others else "", "muted"))
    if len(widened(row_text(lead))) > width:
        lead = row((spelled(first), "curve1"))
    said = _lines((term.said.in_(language)), width - 2)
    return [lead, *(row(f"  {line}") for line in said)]


def _korean(name: str) -> bool:
    return any("가" <= letter <= "힣" for letter in name)


# ------------------------------------------------------------------------- numbers


def questions_numbers(format: str, language: str) -> Iterator[str]:
    """The questions as CSV; with the glossary as JSON."""
    rows = [_row(question, language) for question in QUESTIONS]
    if format == "csv":
        return as_csv(rows)
    terms = [_term(term, language) for term in GLOSSARY]
    return as_json({"gradtui": __version__, "terms": terms}, "questions", rows)


def answer_numbers(found: Answer, format: str, language: str) -> Iterator[str]:
    """The answer as CSV, in one row; with the others as JSON."""
    first: dict[str, Value] = {"asked": found.asked}
    if found.question is not None:
        first |= _row(found.question, language)
    if found.said is not None:
        first["answer"] = found.said.in_(language)
    if found.finding is not None:
        first |= {"verdict": str(found.finding.kind), "sentence": found.finding.sentence}
    if format == "csv":
        terms: Sequence[dict[str, Value]] = [
            {"term": one.name, "said": one.said.in_(language)} for one in found.entries
        ]
        rows: Table = [first] if found.question is not None else [{**first, **terms[0]}]
        return as_csv(rows)
    entries = [_term(term, language) for term in found.entries]
    near = [_row(question, language) for question in found.near]
    return as_json({"gradtui": __version__, **first, "terms": entries}, "near", near)


def _row(question: Question, language: str) -> dict[str, Value]:
    return {
        "name": question.name,
        "group": question.group.in_(language),
        "question": question.asked.in_(language),
        "command": shlex.join(question.command),
    }


def _term(term: Term, language: str) -> dict[str, object]:
    return {"names": list(term.names), "said": term.said.in_(language)}
