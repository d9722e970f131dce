"""The list of activations, and one of them with every fact and its derivation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from gradtui import __version__
from gradtui.cli.wide import wrapped as wrapped_words
from gradtui.errors import InputError
from gradtui.lessons import DERIVED, VARIABLE, lesson_for
from gradtui.lessons.lesson import Lesson
from gradtui.mathematics.activations import ACTIVATIONS, Activation, activation
from gradtui.mathematics.initialisation import INITIALISATIONS
from gradtui.mathematics.initialisation.recipes import Scheme
from gradtui.mathematics.recurrent.arrays import GATED, named
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS, CellScheme
from gradtui.mathematics.spec import lookup, parse_spec
from gradtui.models.decay import Value
from gradtui.plots.picture import Row, fit, row, row_text, wrapped
from gradtui.views.cells import facts_of_cell
from gradtui.views.export import as_csv, as_json
from gradtui.views.facts import facts, where_largest, where_zero
from gradtui.wording import plain

_LABEL = 14
"""Cells for the name of a fact."""


def page(
    name: str | None, width: int, language: str, spelled: Callable[[str], str]
) -> tuple[Row, ...]:
    """What `gradtui list` prints, with a name or without.

    Args:
        name: an activation, a gated cell or an initialisation; None for all activations.
        width: the cells of a line.
        language: of the derivation, "en" or "ko".
        spelled: writes a text so that the output holds it, before anything is laid out.
    """
    if name is None:
        return tuple(_table(width, spelled))
    others = [line for found in _others(name) for line in _facts(name, found, width, spelled)]
    try:
        f = activation(name)
    except InputError:
        if not others:
            raise
        return tuple(others)
    rows = _facts(f.spec, facts(f), width, spelled)
    lesson = lesson_for(f.name)
    if lesson is not None:
        rows += [(), *_derivation(lesson, width, language, spelled)]
    else:
        rows += [(), *wrapped(f"A derivation there is of {', '.join(DERIVED)}.", width, "muted")]
    return (*rows, (), *others) if others else tuple(rows)


def numbers(name: str | None, format: str) -> Iterator[str]:
    """The facts as CSV or JSON."""
    try:
        chosen = list(ACTIVATIONS.values()) if name is None else [activation(name)]
        rows, what = [_record(f) for f in chosen], "activations"
    except InputError:
        if not (others := _others(name or "")):
            raise
        rows = [{"name": name, "fact": key, "value": text} for one in others for key, text in one]
        what = "facts"
    if format == "csv":
        return as_csv(rows)
    return as_json({"gradtui": __version__}, what, rows)


Facts = list[tuple[str, str]]


def _others(name: str) -> list[Facts]:
    """What is known of what has this name and is no activation: of a cell, of recipes."""
    with suppress(InputError):
        if (cell := named(name)[0]) in GATED:
            return [facts_of_cell(cell)]
    every: tuple[tuple[str, str, Mapping[str, Scheme | CellScheme]], ...] = (
        ("weights of a cell", "time lstm", CELL_INITIALISATIONS),
        ("weights of a layer", "init tanh", INITIALISATIONS),
    )
    found = []
    for drawn, view, schemes in every:
        with suppress(InputError):
            scheme = lookup("name", drawn, parse_spec("name", name).name, schemes)
            found.append(
                [
                    (drawn, scheme.formula),
                    *[("parameters", ", ".join(one.name for one in scheme.parameters))][
                        : len(scheme.parameters)
                    ],
                    ("source", scheme.source),
                    ("try", f"gradtui {view} --init {scheme.name}"),
                ]
            )
    return found


def _record(f: Activation) -> dict[str, Value]:
    return {
        "activation": f.spec,
        "formula": f.formula,
        "derivative": f.derivative_formula,
        "parameters": ", ".join(f"{key}={value:g}" for key, value in f.parameters.items()),
        "max_abs_derivative": f.max_abs_derivative,
        "max_abs_derivative_at": f.max_abs_derivative_at,
        "max_abs_derivative_where": where_largest(f),
        "zero_derivative": where_zero(f),
        "range": f.range_text,
        "range_low": f.range[0],
        "range_high": f.range[1],
        "monotone": f.monotone,
        "zero_centred": f.zero_centred,
        "saturates": f.saturates,
        "kinks": f.kink_convention,
        "source": f.source,
    }


def _briefly(where: str) -> str:
    """Where |f′| is largest in few cells: 0, z > 0, → ∞, → 3."""
    where = where.removeprefix("for ").removeprefix("at z = ").replace("as z →", "→")
    return (
        where.removesuffix(" from below").removesuffix(" from above").replace("everywhere", "all")
    )


def _infinite(value: float) -> str:
    return plain(value, 4).replace("inf", "∞")


# -------------------------------------------------------------------- table


def _table(width: int, spelled: Callable[[str], str]) -> list[Row]:
    """One row for each; the formula has what the other columns leave."""
    head = ("name", "max|f′|", "at z", "range", "rises", "centred", "flat", "f(z)")
    facts_of_each = (
        (
            f.spec,
            _infinite(f.max_abs_derivative),
            _briefly(where_largest(f, 4)),
            f.range_text,
            "yes" if f.monotone else "no",
            "yes" if f.zero_centred else "no",
            {"both sides": "both", "nowhere": "-"}.get(f.saturates, f.saturates),
            f.formula,
        )
        for f in ACTIVATIONS.values()
    )
    cells = [tuple(map(spelled, facts)) for facts in facts_of_each]
    widths = [max(len(texts[i]) for texts in (head, *cells)) for i in range(len(head))]
    to_the_right = (1, 2)

    def laid_out(texts: tuple[str, ...]) -> list[str]:
        return [
            text.rjust(room) if i in to_the_right else text.ljust(room)
            for i, (text, room) in enumerate(zip(texts, widths, strict=True))
        ]

    rows = [fit(row((" ".join(laid_out(head)).rstrip(), "muted")), width)]
    for texts in cells:
        name, *facts, formula = laid_out(texts)
        parts = (name, "title"), (" " + " ".join(facts) + " ", ""), (formula.rstrip(), "muted")
        rows.append(_cut(row(*parts), width))
    notes = (
        "max|f′|: the most that a gradient is multiplied by in one unit, and at which z. "
        "range: the values that f takes. rises: whether f never falls. centred: whether f is "
        "positive and negative alike. flat: on which side of z f′ goes to 0, so that no gradient "
        f"passes. gradtui list NAME shows every fact of one, and the derivation of "
        f"{', '.join(DERIVED)}; gradtui list --csv everything of all. It also knows the cells "
        f"{', '.join(GATED)}, the initialisations of cells {', '.join(CELL_INITIALISATIONS)}, and "
        "those of layers, which gradtui init --help names."
    )
    return [*rows, (), *wrapped(spelled(notes), width, "muted")]


def _cut(spans: Row, width: int) -> Row:
    return fit(spans, width) if len(row_text(spans)) > width else spans


# ---------------------------------------------------------------------- one


def _facts(title: str, found: Facts, width: int, spelled: Callable[[str], str]) -> list[Row]:
    rows: list[Row] = [row((title, "title"))]
    label = max(_LABEL, *(len(spelled(name)) + 1 for name, _ in found))
    for name, text in found:
        first, *rest = wrapped_words(spelled(text), width - label)
        rows.append(row((spelled(name).ljust(label), "muted"), first))
        rows += [row(" " * label + line) for line in rest]
    return rows


def _derivation(
    lesson: Lesson, width: int, language: str, spelled: Callable[[str], str]
) -> list[Row]:
    """Numbered steps: the formula, and under it the reason."""
    rows: list[Row] = [row((getattr(lesson.title, language), "title"))]
    rows += [row((line, "muted")) for line in wrapped_words(getattr(VARIABLE, language), width)]
    indent = " " * len(f"{len(lesson.steps)}  ")
    for index, step in enumerate(lesson.steps, 1):
        first, *rest = wrapped_words(spelled(step.formula), width - len(indent))
        rows.append(row((str(index).ljust(len(indent)), "muted"), (first, "curve1")))
        rows += [row((indent + line, "curve1")) for line in rest]
        reason = wrapped_words(spelled(getattr(step.reason, language)), width - len(indent))
        rows += [row(indent + line) for line in reason]
    moral = wrapped_words(spelled(getattr(lesson.moral, language)), width)
    return [*rows, (), *(row((line, "good")) for line in moral)]
