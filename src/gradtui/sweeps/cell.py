"""A cell of a sweep: one setup of a view, computed, as a row. Nothing of where or when is in it."""

from __future__ import annotations

import math
import shlex
from collections import deque
from collections.abc import Mapping
from typing import TypeAlias

from gradtui.errors import NO_MEMORY, CommandError, InputError, printable
from gradtui.progress import unwatched
from gradtui.setup import KNOBS
from gradtui.setup.naming import on_command_line
from gradtui.views import VIEWS
from gradtui.views.command import setup_of

Value: TypeAlias = str | int | float | None
Row: TypeAlias = dict[str, Value]
"""By the names of its columns; -inf and inf are these words, what cannot be known is None."""

HEAD = ("subject", "verdict")
TAIL = ("sentence", "remedy", "error", "command")
"""What every row has, before and behind its measures."""

MEMORY, WORKER, DEFECT = "memory: ", "worker: ", "defect: "
"""How an error begins that another try may not have."""


def run_cell(view_name: str, words: Mapping[str, str]) -> Row:
    """The row of one setup: what it says, or why it cannot be computed.

    Args:
        view_name: the view that is asked.
        words: the text of each knob.
    """
    view = VIEWS[view_name]
    asked = command_of(view_name, words)
    try:
        setup = setup_of(view, (), words)
        asked = shlex.join(view.command(setup))
        name = view.focused(setup)
        (result,) = deque(view.results(setup, unwatched), maxlen=1)  # each is better than the last
        finding = view.finding(result, name)
        measures = view.measures(result, name)
        remedy = None if finding is None else finding.remedy
        return {
            "subject": name,
            "verdict": None if finding is None else str(finding.kind),
            **{key: written(value) for key, value in measures.items()},
            "sentence": None if finding is None else finding.sentence,
            "remedy": None if remedy is None else shlex.join(view.command(remedy.applied(setup))),
            "error": None,
            "command": asked,
        }
    except InputError as error:
        return failed(on_command_line(error), asked)
    except CommandError as error:
        return failed(str(error), asked)
    except MemoryError:
        return failed(f"{MEMORY}{NO_MEMORY}; lower what is large, or the number of workers", asked)
    except Exception as error:  # a defect of one cell must not cost the others
        text = printable(f"{type(error).__name__}: {error}")
        return failed(f"{DEFECT}{text}", asked)


def run_cells(view_name: str, cells: list[tuple[int, dict[str, str]]]) -> list[tuple[int, Row]]:
    """Several of them, by number: what is sent to a worker at once."""
    return [(number, run_cell(view_name, words)) for number, words in cells]


def failed(error: str, command: str) -> Row:
    """The row of a cell that could not be computed."""
    row: Row = dict.fromkeys((*HEAD, *TAIL))
    return {**row, "error": error, "command": command}


def command_of(view_name: str, words: Mapping[str, str]) -> str:
    """The command that asks for the same, as far as it can be told without a setup."""
    parts = ["gradtui", view_name]
    for name, text in words.items():
        flag = KNOBS[name].flag
        parts += [f"{flag}={text}"] if text.startswith("-") else [flag, text]
    return shlex.join(parts)


def written(value: float) -> Value:
    """A number as JSON can hold it."""
    if isinstance(value, int):
        return value
    number = float(value)
    if math.isnan(number):
        return None
    if math.isinf(number):
        return "inf" if number > 0.0 else "-inf"
    return number


def number(value: Value) -> float:
    """The number again; nan where there is none."""
    if isinstance(value, str):
        return {"inf": math.inf, "-inf": -math.inf}.get(value, math.nan)
    return math.nan if value is None else float(value)


def measures_of(row: Mapping[str, Value], axes: tuple[str, ...] = ()) -> dict[str, Value]:
    """The measures among the columns of a row."""
    others = {"cell", *axes, *HEAD, *TAIL}
    return {name: value for name, value in row.items() if name not in others}
