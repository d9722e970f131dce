"""A lesson on paper: as Markdown with formulas in TeX, or as a document for LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradtui.lessons.formulas import LOWERED, RAISED
from gradtui.lessons.latex import SYMBOLS, latex
from gradtui.lessons.lesson import Lesson


def markdown(lesson: Lesson, language: str) -> Iterator[str]:
    """Markdown, formulas between dollars, as GitHub, Jupyter and Pandoc read them."""
    yield f"# {lesson.title.in_(language)}\n\n"
    for number, step in enumerate(lesson.steps, 1):
        yield f"{number}. {step.reason.in_(language)}\n\n"
        yield f"   $$ {latex(step.formula)} $$\n\n"
        if step.shows:
            yield f"   `{step.command}`\n\n"
    yield f"{lesson.moral.in_(language)}\n"


def document(lesson: Lesson, language: str) -> Iterator[str]:
    """A document for LaTeX; one in Korean asks for its package kotex."""
    yield "\\documentclass{article}\n\\usepackage{amsmath}\n"
    if language == "ko":
        yield "\\usepackage{kotex}\n"
    yield f"\\title{{{words(lesson.title.in_(language))}}}\n\\date{{}}\n"
    yield "\\begin{document}\n\\maketitle\n\\begin{enumerate}\n"
    for step in lesson.steps:
        yield f"\\item {words(step.reason.in_(language))}\n\\[ {latex(step.formula)} \\]\n"
        if step.shows:
            yield f"\\texttt{{{words(step.command)}}}\n"
    yield f"\\end{{enumerate}}\n{words(lesson.moral.in_(language))}\n\\end{{document}}\n"


_ESCAPED = re.compile(r"[\\{}$&#%_^~]")
_PLAIN = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
_SMALL = re.compile(f"([{''.join(RAISED)}]+)|([{''.join(LOWERED)}]+)")
_SIGN = re.compile(f"[{''.join(SYMBOLS)}]")


def words(text: str) -> str:
    """A sentence for LaTeX, what is mathematics in it set as such."""
    text = _ESCAPED.sub(lambda one: _PLAIN.get(one[0], f"\\{one[0]}"), text)
    text = text.replace("--", "-{}-")  # two hyphens of a flag are no dash
    text = _SIGN.sub(lambda one: f"\\({SYMBOLS[one[0]].strip()}\\)", text)
    return _SMALL.sub(_small, text)


def _small(found: re.Match[str]) -> str:
    """Raised or lowered characters."""
    sign, table = ("^", RAISED) if found[1] else ("_", LOWERED)
    inner = "".join(table[one] for one in found[0]).replace("−", "-").replace("T", r"\top")
    return f"\\({{}}{sign}{{{inner}}}\\)"
