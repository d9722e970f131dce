"""One argument parser, which prints nothing and ends nothing, and the options of the app.

Nothing here imports numpy: the app greets first and loads then.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn

from gradtui.cli.streams import page_size
from gradtui.errors import CommandError, InputError, nearest, printable
from gradtui.mathematics.formula_text import is_formula
from gradtui.settings import SETTINGS

_NUMBER = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)
"""How a value begins that looks like an option and is a number."""
_SHOWN_MESSAGE = 300
_LEAST_HELP, _MOST_HELP = 40, 1000
"""Columns of a page of help."""


class HelpWanted(Exception):  # noqa: N818 - to ask for help is no error
    """Somebody asked for help; this is its text."""

    def __init__(self, text: str) -> None:
        self.text = text


def _formatter(prog: str) -> argparse.HelpFormatter:
    """argparse's own is as wide as COLUMNS says, be it a thousand million."""
    width = min(max(page_size().columns, _LEAST_HELP), _MOST_HELP)
    return argparse.RawDescriptionHelpFormatter(prog, width=width - 2)


class Parser(argparse.ArgumentParser):
    """An argument parser that prints nothing and ends nothing: whoever calls it does."""

    def __init__(self, **arguments: object) -> None:
        super().__init__(
            **arguments,  # type: ignore[arg-type]
            allow_abbrev=False,
            formatter_class=_formatter,
        )

    def error(self, message: str) -> NoReturn:
        """Refuse."""
        text = printable(message)
        if len(text) > _SHOWN_MESSAGE:
            text = text[: _SHOWN_MESSAGE - 1] + "…"
        raise CommandError(f"{text}; `{self.prog} --help` shows what is allowed")

    def print_help(self, file: object = None) -> NoReturn:
        """Hand it over."""
        raise HelpWanted(self.format_help())

    @property
    def flags(self) -> tuple[str, ...]:
        """Its options."""
        return tuple(flag for flag in self._option_string_actions if flag.startswith("--"))

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse, options and other words in any order.

        Raises:
            InputError, CommandError: something is unknown, missing or contradictory.
        """
        words = [self._as_a_name(word) for word in self._with_values_joined(words)]
        options, unknown = self.parse_known_intermixed_args(words)
        if unknown:
            self._refuse(unknown[0])
        for action in self._actions:
            # argparse takes the two hyphens out of `--depth=--`, and leaves an empty list.
            if action.option_strings and getattr(options, action.dest, None) == []:
                self.error(f"{action.option_strings[0]}: '--' is no value of it")
        return options

    def _as_a_name(self, word: str) -> str:
        """A formula such as -z as no option: to argparse nothing with a blank in front is one."""
        own = word.partition("=")[0] in self._option_string_actions
        formula = word.startswith("-") and not word.startswith("--") and is_formula(word[1:])
        return f" {word}" if formula and not own and not _NUMBER.match(word) else word

    def _with_values_joined(self, words: Sequence[str]) -> list[str]:
        """`--x -3` as `--x=-3`: argparse takes what begins with a hyphen for an option."""
        joined: list[str] = []
        for index, word in enumerate(words):
            if word == "--":
                return [*joined, *words[index:]]
            action = self._option_string_actions.get(words[index - 1]) if index else None
            if action is not None and action.nargs is None and _NUMBER.match(word):
                joined[-1] += f"={word}"
            else:
                joined.append(word)
        return joined

    def _refuse(self, word: str) -> NoReturn:
        """Of a word that is none of its own."""
        if not word.startswith("-"):
            raise InputError("word", word, "expected here", f"see `{self.prog} --help`")
        from gradtui.setup import KNOBS
        from gradtui.views import VIEWS

        flag = word.partition("=")[0]
        own = VIEWS.get(self.prog.removeprefix("gradtui ").removeprefix("sweep "))
        known = {*self.flags, *(knob.flag for knob in KNOBS.values() if own is not None)}
        # Without the hyphens, which all of them have in common.
        near = [
            f"--{name}"
            for name in nearest(flag.lstrip("-"), [known_flag[2:] for known_flag in known], 2)
        ]
        meant = flag if flag in known else next(iter(near), "")
        if own is not None and meant and meant not in self.flags:
            views = [
                view.name
                for view in VIEWS.values()
                if meant in [knob.flag for knob in view.all_knobs]
            ]
            listed = " and ".join([*([", ".join(views[:-1])] if views[1:] else []), views[-1]])
            norm = KNOBS["branch_norm"]
            choice = (
                f"the block of {own.name} is residual, and its choice {norm.flag}; "
                if meant == KNOBS["block"].flag and norm in own.all_knobs
                else ""
            )
            hint = (
                f"{listed} {'has' if len(views) == 1 else 'have'} "
                f"{'it' if meant == flag else meant}; "
                f"{choice}"
                f"{own.name} has {' '.join(knob.flag for knob in own.all_knobs)}"
            )
        else:
            hint = f"did you mean {' or '.join(near)}? " if near else ""
            hint += f"`{self.prog} --help` shows all of them"
        raise InputError("option", flag, f"an option of {self.prog}", hint)


def add_app_options(parser: Parser, themes: Sequence[str] | None) -> None:
    """The options of `gradtui` without a command.

    Args:
        parser: where they go.
        themes: their names, if they are known here.
    """
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="start anew, and leave what was chosen last time as it is",
    )
    parser.add_argument(
        "--forget",
        action="store_true",
        help="start anew, and remember that instead of the last time",
    )
    known = f": {', '.join(themes)}" if themes else ""
    parser.add_argument(
        "--theme",
        choices=themes,
        metavar="THEME",
        help=f"the app's colours{known}; the last ones unless said",
    )
    for setting in SETTINGS.values():
        switch = {"on", "off"} <= set(setting.choices)
        parser.add_argument(
            setting.flag,
            dest=setting.name,
            nargs="?" if switch else None,
            const="on" if switch else None,
            choices=setting.choices,
            metavar="VALUE",
            help=f"{setting.help} ({', '.join(setting.choices)})",
        )
        if switch:
            parser.add_argument(
                f"--no-{setting.name}",
                dest=setting.name,
                action="store_const",
                const="off",
                help=f"the same as {setting.flag} off",
            )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
