"""The parser of a view's command: its knobs as options, its page as help."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from collections.abc import Mapping
from typing import Any

from gradtui.cli.options import WIDTH, Names, add_formats, examples
from gradtui.cli.parser import Parser
from gradtui.errors import printable
from gradtui.mathematics.blocks.families import BLOCKS, Preset
from gradtui.mathematics.initialisation import INITIALISATIONS
from gradtui.mathematics.initialisation.recipes import Scheme
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS, CellScheme
from gradtui.plots.palette import FIGURE_THEMES
from gradtui.settings import SETTINGS
from gradtui.views.export import FORMATS
from gradtui.views.figures import FIGURES
from gradtui.views.page import READOUT, Entry, page_file, sections
from gradtui.views.scenarios import SCENARIOS
from gradtui.views.view import View

_COMPUTED = """In JSON null is a number that JSON cannot hold: the log10 of an exact zero, or
one beyond float64. In CSV they are -inf and inf; what cannot be known is left
empty."""
_RECORDED = """In JSON and CSV what was recorded and is no number is the word nan, inf or -inf,
which is the log10 of an exact zero; what was not recorded has no row."""


def add_view(found: argparse._SubParsersAction[Parser], view: View[Any]) -> Parser:
    """The command of a view."""
    parser = found.add_parser(
        view.name,
        help=f"{view.title}: {view.question}".replace("%", "%%"),
        usage=f"gradtui {view.name} [{roster_word(view)} ...] [OPTION ...]",
        description=_description(view),
        epilog=_view_epilog(view),
    )
    _add_view_options(parser, view)
    return parser


def _paragraph(entry: Entry, lead: str) -> str:
    """Words in lines of a terminal's width behind a lead; what is typed without its backticks."""
    if entry.literal:
        return textwrap.indent(entry.text, lead + "    ")
    lead += f"{entry.bullet} " if entry.bullet and not entry.terms else ""
    words, indent = entry.text.replace("`", ""), " " * len(lead)
    return textwrap.fill(words, WIDTH, initial_indent=lead, subsequent_indent=indent)


def _description(view: View[Any]) -> str:
    """What the view is about, from its page."""
    intro = sections(view).get("", ())
    return "\n\n".join([view.question, *(_paragraph(one, "") for one in intro)])


def _columns(view: View[Any]) -> str:
    """What is printed below the picture, from the view's page."""
    lines = [
        _paragraph(one, f"  {', '.join(one.terms):<15} " if one.terms else "  ")
        for one in sections(view).get(READOUT, ())
    ]
    return "\n".join(["Below the picture stand:", *lines, ""]) + "\n" if lines else ""


def _view_epilog(view: View[Any]) -> str:
    """Commands that say something, and what to make of a number that JSON cannot hold."""
    commands = [f"gradtui {view.name}", f"gradtui {view.name} --output {view.name}.svg"]
    commands += [shlex.join(view.command(s.setup)) for s in SCENARIOS if s.view == view.name]
    recipes = ""
    schemes: Mapping[str, Scheme | CellScheme] = {}
    if "init" in view.knobs:
        schemes = INITIALISATIONS
    elif "cell_init" in view.knobs:
        schemes = CELL_INITIALISATIONS
    if schemes:
        wide = max(map(len, schemes))
        lines = [
            line
            for scheme in schemes.values()
            for line in (
                f"  {scheme.name:<{wide}}  {scheme.formula}",
                f"  {'':<{wide}}  takes {', '.join(p.name for p in scheme.parameters)}",
            )[: 1 + bool(scheme.parameters)]
        ]
        recipes = (
            "Initialisations, with their parameters free or given:\n" + "\n".join(lines) + "\n\n"
        )
    blocks = _blocks() if "block" in view.knobs else ""
    return (
        f"{examples(*dict.fromkeys(commands))}\n\n{_columns(view)}{recipes}{blocks}"
        f"{_RECORDED if view.follows(view.default_setup) else _COMPUTED}{_page(view)}"
    )


def _blocks() -> str:
    """What the layers of a network can be: name, formula, what it takes."""
    wide = max(map(len, BLOCKS))
    lines = []
    for name, entry in BLOCKS.items():
        if isinstance(entry, Preset):
            lines.append(f"  {name:<{wide}}  {entry.title}")
        else:
            takes = ", ".join(entry.parameters)
            lines += [f"  {name:<{wide}}  {entry.formula}", f"  {'':<{wide}}  takes {takes}"]
    return "Blocks, with their parameters free or given:\n" + "\n".join(lines) + "\n\n"


def _page(view: View[Any]) -> str:
    """Where the view's page is, which stands in its folder."""
    if (file := page_file(view)) is None:
        return ""
    return f"\n\nEvery column explained, with examples:\n  {printable(str(file))}"


def roster_word(view: View[Any]) -> str:
    """One of what a view looks at: ACTIVATION, or CELL."""
    return view.roster(view.default_setup).label.removesuffix("s").upper()


def _add_view_options(parser: Parser, view: View[Any]) -> None:
    add_roster(parser, view)
    add_knobs(parser.add_argument_group("what to compute"), view)
    _add_output(parser)


def add_roster(parser: Parser, view: View[Any]) -> None:
    """The words of what a view looks at."""
    names = view.roster(view.default_setup)
    parser.add_argument_group("what to look at").add_argument(
        "names",
        nargs="*",
        choices=Names(names.words()),
        metavar=roster_word(view),
        help=f"{names.allowed} (default: {names.text(view.default_setup)})",
    )


def add_knobs(knobs: argparse._ArgumentGroup, view: View[Any]) -> None:
    """An option for each knob of a view."""
    for knob in view.all_knobs:
        default = knob.text(view.default_setup)
        unless = f" (default: {default})" if default else ""
        knobs.add_argument(
            knob.flag,
            dest=knob.name,
            choices=Names(words) if (words := knob.words()) else None,
            metavar="VALUE",
            help=f"{view.help_of(knob)}: {knob.allowed}{unless}".replace("%", "%%"),
        )


def _add_output(parser: Parser) -> None:
    output = parser.add_argument_group("what to print")
    add_formats(output, " ".join(f".{suffix}" for suffix in FORMATS))
    output.add_argument(
        "--height", metavar="ROWS", help="of the picture (default: the terminal's, or 24)"
    )
    output.add_argument(
        "--marker",
        choices=SETTINGS["marker"].choices,
        metavar="MARKER",
        help=f"{SETTINGS['marker'].help} ({', '.join(SETTINGS['marker'].choices)})",
    )
    output.add_argument(
        "--check", action="store_true", help="exit status 1 unless every verdict is healthy"
    )
    figure = parser.add_argument_group(f"a figure ({', '.join(f'.{one}' for one in FIGURES)})")
    figure.add_argument(
        "--theme", choices=tuple(FIGURE_THEMES), metavar="THEME", help="light, unless said, or dark"
    )
    figure.add_argument(
        "--no-caption", action="store_true", help="without what was asked, below it"
    )
    figure.add_argument("--verdict", action="store_true", help="with the verdicts below it")
