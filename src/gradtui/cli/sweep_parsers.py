"""The parser of `gradtui sweep`, and of each view that it can sweep."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from gradtui.cli.options import add_formats, examples
from gradtui.cli.parser import Parser
from gradtui.cli.view_parsers import add_knobs, add_roster, roster_word
from gradtui.errors import CommandError, InputError, nearest
from gradtui.sweeps.coordinates import COORDINATES, GIVEN, OVER, VIEW_NAME
from gradtui.sweeps.grid import MOST_CELLS
from gradtui.views import VIEWS
from gradtui.views.view import View

SWEEP = "sweep"
FORMATS = ("jsonl", "csv", "parquet", "json", "txt")

_ABOUT = """Ask a view of many setups: a row a setup, a map, and where it is healthy.

Every combination of the values is a cell. VALUES are a list, a,b,c; or a;b;c
where values have commas of their own; or a range: 10:1000:log9 has 9 numbers
from 10 to 1000 in a geometric series, 1:2:lin11 has 11 in an arithmetic one.
Several activations, cells, initialisations or blocks are cells apart."""
_EPILOG = """
A FILE that ends in .jsonl has a line a cell as it comes; the same command goes
on from what is there. Other endings are written at the end, and keep what is
done in FILE.partial.jsonl until then. In rows the words inf and -inf are
infinite: -inf is the log10 of an exact zero. null is what cannot be known."""


def add_sweep(found: argparse._SubParsersAction[Parser]) -> Parser:
    """The command, with a command of its own for each view."""
    parser = found.add_parser(
        SWEEP,
        help="a view asked of many setups: a row each, a map, and where it is healthy",
        usage="gradtui sweep VIEW [NAME ...] --over KNOB=VALUES [--over ...] [OPTION ...]\n"
        "       gradtui sweep coordinates [ACTIVATION ...] [OPTION ...]",
        description=_ABOUT,
        epilog=examples(
            "gradtui sweep decay relu --over depth=10:1000:log9 --over units=64,256",
            "gradtui sweep phase tanh --over sigma-w=1:2:lin21 --over depth=10,50,200",
            "gradtui sweep time lstm gru --over steps=50,100,200 --output time.jsonl",
            "gradtui sweep coordinates relu --init kaiming_normal",
        )
        + f"\n\n`gradtui sweep VIEW --help` shows the knobs of a view.\n{_EPILOG}",
    )
    views = parser.add_subparsers(title="views", metavar="VIEW", prog="gradtui sweep")
    for view in VIEWS.values():
        _add_view(views, view.name, view, f"{view.title}: {view.question}")
    _add_view(
        views, COORDINATES, VIEWS[VIEW_NAME],
        "how signal and gradient change with width, as in a coordinate check of muP",
    )  # fmt: skip
    parser.set_defaults(views=views.choices)
    return parser


def _add_view(
    found: argparse._SubParsersAction[Parser], name: str, view: View[Any], help: str
) -> None:
    preset = name == COORDINATES
    over = "" if preset else "--over KNOB=VALUES "
    about = _ABOUT
    if preset:
        about = (
            "How the signal and the gradient change with the width of a network at\n"
            "initialisation: of each activation, layers' sizes at each width, over several\n"
            "seeds, and the slope of a line through them in logarithms with its standard\n"
            f"error. Swept unless said: {' and '.join(OVER)}; "
            f"{', '.join(f'{knob} {text}' for knob, text in GIVEN.items())}."
        )
    parser = found.add_parser(
        name,
        help=help.replace("%", "%%"),
        usage=f"gradtui sweep {name} [{roster_word(view)} ...] {over}[OPTION ...]",
        description=about,
        epilog=f"{_EPILOG.strip()}",
    )
    add_roster(parser, view)
    sweep = parser.add_argument_group("what to sweep")
    sweep.add_argument(
        "--over",
        action="append",
        metavar="KNOB=VALUES",
        help=f"a knob and its values, once for each knob; at most {MOST_CELLS:,} cells in all",
    )
    add_knobs(parser.add_argument_group("what is the same everywhere"), view)
    where = parser.add_argument_group("where it is computed").add_mutually_exclusive_group()
    where.add_argument(
        "--workers", metavar="N", help="processes of this machine (default: one a core)"
    )
    where.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="a Dask scheduler such as tcp://host:8786, or local:N for N Dask workers here",
    )
    output = parser.add_argument_group("what to print")
    add_formats(output, " ".join(f".{one}" for one in FORMATS))
    output.add_argument(
        "--check", action="store_true", help="exit status 1 unless every cell is healthy"
    )


def sweep_parsed(parser: Parser, words: Sequence[str]) -> argparse.Namespace:
    """The options of `gradtui sweep …`.

    Raises:
        HelpWanted, InputError, CommandError: as any command's.
    """
    views = parser.get_default("views")
    if not words or words[0] in ("-h", "--help"):
        if not words:
            raise CommandError(
                f"sweep: a view is missing; name one of {', '.join(views)}, such as "
                "`gradtui sweep decay relu --over depth=10:1000:log9`"
            )
        parser.print_help()
    if words[0] not in views:
        near = nearest(words[0], views)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise InputError("view", words[0], "a view to sweep", f"{hint}there are {', '.join(views)}")
    options: argparse.Namespace = views[words[0]].read(words[1:])
    options.command, options.view, options.words = SWEEP, words[0], list(words)
    return options
