"""`gradtui weights FILE`: what weights of others are like, and what a gradient makes of them."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from gradtui import __version__
from gradtui.cli.streams import Progress, narrate
from gradtui.errors import InputError, printable
from gradtui.mathematics.weights.facts import Facts
from gradtui.models.weights.flow import Asked
from gradtui.models.weights.record import Tensor, WeightsRecord, weights_record
from gradtui.models.weights.stack import is_float
from gradtui.runs.weights.reading import read_weights
from gradtui.runs.weights.tensors import Weights
from gradtui.setup import KNOBS, Setup
from gradtui.views.export import as_csv, as_json
from gradtui.views.weights.table import head, table
from gradtui.wording import foretold

ASKED = ("x", "batch", "seed", "threshold")
"""The knobs with which a stack is run."""
_SECONDS_A_NUMBER = 4e-8
"""On one core, the largest singular value included."""

SORTS: Mapping[str, Callable[[Facts], float | None]] = {
    "file": lambda facts: None,
    "numbers": lambda facts: float(math.prod(facts.shape)),
    "sigma_w": lambda facts: facts.sigma_w,
    "sigma_max": lambda facts: None if facts.singular is None else facts.singular.largest,
    "stable_rank": lambda facts: None if facts.singular is None else facts.singular.stable_rank,
    "not_finite": lambda facts: float(facts.not_finite),
    "zero_rows": lambda facts: float(facts.zero_rows),
}
"""By what tensors can be sorted, the largest first; those that have none of it come last."""


def recorded(options: argparse.Namespace) -> WeightsRecord:
    """What the words of a command ask for.

    Raises:
        InputError: a value that is not allowed, or a file that is refused.
    """
    activations: tuple[str, ...] = ()
    if options.activations is not None:
        activations = KNOBS["activations"].parse(options.activations)
    asked = Asked(*(_value(name, options) for name in ASKED))
    if options.sort not in SORTS:
        raise InputError("--sort", options.sort, f"one of {', '.join(SORTS)}", "try sigma_w")
    weights = read_weights(options.file)
    _foretell(weights)
    with Progress("weights") as progress:
        record = weights_record(weights, activations, asked, progress.tell)
    return replace(record, tensors=tuple(sorted(record.tensors, key=_order(options.sort))))


def _value(name: str, options: argparse.Namespace) -> Any:
    """A knob's, given or not."""
    given = getattr(options, name)
    return KNOBS[name].of(Setup()) if given is None else KNOBS[name].parse(given)


def _order(sort: str) -> Callable[[Tensor], float]:
    def key(tensor: Tensor) -> float:
        value = None if tensor.facts is None else SORTS[sort](tensor.facts)
        return math.inf if value is None or math.isnan(value) else -value

    return key


def _foretell(weights: Weights) -> None:
    """Say beforehand that it takes long, where it does."""
    count = sum(
        math.prod(shape)
        for name, shape in weights.shapes.items()
        if name not in weights.tied and is_float(weights.dtypes[name])
    )
    if text := foretold(f"looking at {count:,} numbers", count * _SECONDS_A_NUMBER):
        narrate(f"gradtui: {text}; ctrl+c ends it\n")


def numbers(record: WeightsRecord, options: argparse.Namespace, format: str) -> Iterator[str]:
    """The table as CSV, or with the verdicts as JSON."""
    if format == "csv":
        return as_csv(table(record))
    asked = {name: KNOBS[name].format(_value(name, options)) for name in ASKED}
    first = {
        "gradtui": __version__,
        "file": printable(options.file),
        "setup": {"activations": ", ".join(record.activations), **asked},
    }
    return as_json({**first, **head(record)}, "tensors", table(record))
