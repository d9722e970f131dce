"""What the parsers of several commands have in common."""

from __future__ import annotations

import argparse

from gradtui.lessons import LANGUAGES

WIDTH = 78
"""Columns of words in a page of help."""


class Names(tuple[str, ...]):
    """Choices for completion and for no other purpose: parameters make endlessly many more."""

    def __contains__(self, item: object) -> bool:
        return True


def examples(*commands: str) -> str:
    """The end of a page of help."""
    return "Examples:\n" + "\n".join(f"  {command}" for command in commands)


def add_formats(parser: argparse._ArgumentGroup, suffixes: str) -> None:
    """The options that say what is printed, and where to."""
    numbers = parser.add_mutually_exclusive_group()
    numbers.add_argument("--json", action="store_true", help="numbers and verdicts as JSON")
    numbers.add_argument("--csv", action="store_true", help="numbers as CSV")
    add_page_options(parser, suffixes)


def add_language(parser: argparse._ActionsContainer) -> None:
    """The option that says in which language a lesson is."""
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        help="of lessons and answers: en or ko (default: the locale's, or English)",
    )


def add_page_options(parser: argparse._ArgumentGroup, suffixes: str) -> None:
    """The options that say where to, and how a page looks."""
    parser.add_argument(
        "--output",
        metavar="FILE",
        help=f"write there, as its ending says ({suffixes}); - is standard output",
    )
    parser.add_argument(
        "--width", metavar="COLUMNS", help="of a line (default: the terminal's, or 80)"
    )
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        metavar="WHEN",
        help="auto (in a terminal, unless NO_COLOR is set), always or never",
    )
