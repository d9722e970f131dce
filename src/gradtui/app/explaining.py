"""What the pages of the app say of the picture: what stands in it, and each verdict in full."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from gradtui.app import learning
from gradtui.app.places import listed
from gradtui.app.state import State
from gradtui.app.words import Words
from gradtui.lessons import DERIVED
from gradtui.lessons.glossary import explained
from gradtui.mathematics.blocks.families import FAMILIES, PARAMETERS, PRESETS
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS
from gradtui.models.finding import Finding
from gradtui.plots.wide import narrowed
from gradtui.setup import BLOCK, KNOBS
from gradtui.views.common import common
from gradtui.views.page import PICTURE, READING, READOUT, Entry, page_file, sections

Styles = dict[str, Style]


_PAGE = 70
"""Cells of a line of a lesson on a page."""


def above(state: State, styles: Styles) -> Iterator[RenderableType]:
    """What stands before the verdicts: the step of a lesson that is open, what was asked."""
    if state.lesson:
        for line in learning.whole(state, _PAGE):
            yield Words.assemble(*((narrowed(text), styles[role]) for text, role in line))
    if state.explained is not None and state.explained[2:] == (state.view, state.setup):
        title, said, *_ = state.explained
        yield from (Words(title, styles["title"]), Words(said), Words())


def verdicts(
    state: State, result: object, styles: Styles, *, final: bool, so_far: str = ""
) -> RenderableType:
    """The whole verdict of everything that is compared, the focused one's first.

    As long as that is not `final` it says `so_far`, and an ellipsis is the mark.
    """
    record, setup = state.record, state.setup
    focused = record.focused(setup)
    parts: list[RenderableType] = []
    if so_far:
        parts += [Words(so_far, styles["muted"]), Words()]
    names = record.subjects(setup)
    for name in sorted(names, key=lambda name: name != focused):
        there = " ".join(["esc", *_tabs(names.index(name) - names.index(focused), len(names))])
        if (finding := record.finding(result, name)) is not None:
            parts += _verdict(finding, styles, f"{there} f", final=final)
        else:
            parts.append(Words(f"… {name}: {there} brings its verdict", styles["muted"]))
        parts.append(Words())
    return Group(*parts[:-1])


def _tabs(steps: int, count: int) -> list[str]:
    """The keys that lead so many steps on in a round of so many, the shorter way."""
    on, back = steps % count, -steps % count
    return ["tab"] * on if on <= back else ["shift+tab"] * back


def _verdict(
    finding: Finding, styles: Styles, key: str, *, final: bool
) -> Iterator[RenderableType]:
    """What, why, on what it rests, and what helps."""
    kind = finding.kind
    if final:
        yield Words(f"{kind.mark} {finding.sentence}", styles[kind.role])
    else:
        yield Words(f"… {finding.sentence}", styles["muted"])
    for words, role in ((finding.cause, ""), (finding.evidence, "muted")):
        if words:
            yield Padding(Words(words, styles[role]), (0, 0, 0, 2))
    if (remedy := finding.remedy) is not None:
        lead = Words.assemble((key, styles["key"]), "  ", (remedy.label, styles["good"]))
        yield Padding(lead, (0, 0, 0, 2))
        for when, words in (("now", remedy.before), ("then", remedy.after)):
            yield Padding(Words(f"{when}: {words}", styles["muted"]), (0, 0, 0, 5))


# ------------------------------------------------------------- what is on the screen

_TERM_WIDTH = 17


def on_screen(state: State, styles: Styles, headings: str = "") -> Iterator[RenderableType]:
    """Every column, symbol and mark of this view, from its page; then those of all views.

    Args:
        state: what is shown.
        styles: of the roles.
        headings: what stands over the picture and the readout; of its terms those that neither the
            page nor the marks explain come last.
    """
    page = sections(state.record)
    for title, heading in (("In the readout", READOUT), ("In the picture", PICTURE)):
        if entries := page.get(heading):
            yield from (Words(title, styles["title"]), *_entries(entries, styles), Words())
    marks = common(state.setup)
    yield from (Words("Marks", styles["title"]), *_entries(marks, styles), Words())
    known = {
        name for entries in page.values() for entry in (*entries, *marks) for name in entry.terms
    }
    others = [
        Entry((term.name,), term.said.en)
        for term in explained(headings).terms
        if known.isdisjoint(term.names)
    ]
    if others:
        yield from (Words("Terms", styles["title"]), *_entries(others, styles), Words())


def reading(state: State, styles: Styles) -> Iterator[RenderableType]:
    """How to read the picture, and where more is said."""
    if entries := sections(state.record).get(READING):
        yield from (Words(READING, styles["title"]), *_entries(entries, styles), Words())
    if BLOCK in state.record.knobs:
        blocks = [
            *(Entry((one.name,), f"{one.formula}: {one.title}.") for one in FAMILIES.values()),
            *(Entry((one.name,), f"{one.title} ({one.source}).") for one in PRESETS.values()),
            *(Entry((f"{name}=",), text) for name, text in PARAMETERS.items()),
        ]
        title = "Blocks (K), h the stream, N a norm, W h what a matrix makes of it"
        yield from (Words(title, styles["title"]), *_entries(blocks, styles), Words())
    if "cell_init" in state.record.knobs:
        recipes = [
            Entry((scheme.name,), f"{scheme.formula} ({scheme.source})")
            for scheme in CELL_INITIALISATIONS.values()
        ]
        title = "Initialisations of cells (I)"
        yield from (Words(title, styles["title"]), *_entries(recipes, styles), Words())
    file = page_file(state.record)
    more = [
        Entry(
            ("i",),
            f"facts of the highlighted {state.roster.label.removesuffix('s')}; the list has an i "
            f"behind those with a lesson: {listed(DERIVED)}.",
        )
    ]
    if file is not None:
        more.append(Entry(("page",), f"the whole page of this view, with examples: {file}"))
    yield from (Words("More", styles["title"]), *_entries(more, styles), Words())


def _entries(entries: Sequence[Entry], styles: Styles) -> Iterator[RenderableType]:
    """Paragraphs, and terms beside their meaning."""
    terms = Table.grid(padding=(0, 1))
    terms.add_column(width=_TERM_WIDTH)
    for entry in entries:
        if entry.terms:
            terms.add_row(Words(f"  {' '.join(entry.terms)}", styles["key"]), _said(entry, styles))
            continue
        if terms.row_count:
            yield terms
            terms = Table.grid(padding=(0, 1))
            terms.add_column(width=_TERM_WIDTH)
        said = _said(entry, styles)
        yield Padding(Words.assemble(f"{entry.bullet} " * bool(entry.bullet), said), (0, 0, 0, 2))
    if terms.row_count:
        yield terms


def _said(entry: Entry, styles: Styles) -> Text:
    """The words, with what stands on the screen or is typed set apart; no word is cut."""
    parts = entry.text.split("`")
    return Words.assemble(
        *(
            (_here(part), styles["key"]) if at % 2 else (part, styles[""])
            for at, part in enumerate(parts)
        ),
        overflow="fold",
    )


_FLAGS = {knob.flag: knob for knob in KNOBS.values()}


def _here(typed: str) -> str:
    """What is typed on the command line, as the app has it: `--depth 50` is depth 50, on d.

    What is focused tab chooses; it has no name there.
    """
    parts = [part.partition(" ") for part in re.split(r" (?=--)", typed)]
    if not all(flag in _FLAGS for flag, _, _ in parts):
        return typed
    return ", ".join(
        " ".join(part for part in (knob.label, value, f"({knob.letter})") if part)
        if (knob := _FLAGS[flag]).name != "focus"
        else "tab"
        for flag, _, value in parts
    )
