"""`gradtui verify`: what this installation computes, beside numbers that others found."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from gradtui import __version__
from gradtui.cli.streams import Progress, narrate
from gradtui.errors import CommandError, InputError, nearest
from gradtui.mathematics.verify import AGAINST_TORCH, GROUPS
from gradtui.mathematics.verify import checks as every_check
from gradtui.models.decay import Value
from gradtui.plots.picture import Row, row, wrapped
from gradtui.views.export import as_csv, as_json
from gradtui.when_called import when_called
from gradtui.wording import foretold

if TYPE_CHECKING:
    from gradtui.mathematics.verify.against_torch import against_torch, torch_here
    from gradtui.mathematics.verify.check import Check
else:
    against_torch, torch_here = when_called(
        "gradtui.mathematics.verify.against_torch", "against_torch", "torch_here"
    )

GROUP_NAMES = tuple(name.replace(" ", "-") for name in GROUPS)
"""As one types them."""


class Count(NamedTuple):
    """A whole number that is asked for."""

    flag: str
    default: int
    least: int
    most: int

    @property
    def allowed(self) -> str:
        """In words."""
        return f"a whole number from {self.least} to {self.most:,}"

    def read(self, text: str | None) -> int:
        """What was given, or the default."""
        if text is None:
            return self.default
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
        if not self.least <= value <= self.most:
            raise InputError(self.flag, text, self.allowed, f"try {self.default}")
        return value


_SECONDS_A_SETUP = 7e-3
"""On one core."""

SETUPS = Count("--setups", 100, 1, 100_000)
SEED = Count("--seed", 0, 0, 2**31 - 1)


def checked(options: argparse.Namespace) -> list[Check]:
    """The checks that the words of a command ask for.

    Raises:
        InputError, CommandError: a value that is not allowed, or PyTorch is not there.
    """
    group = _group(options.group)
    if options.against is None:
        for name in ("setups", "seed"):
            if getattr(options, name) is not None:
                raise CommandError(
                    f"option: --{name} is of random setups, and none are asked for; "
                    "add --against torch"
                )
        with Progress("verify") as progress:
            return list(every_check((group,) if group else tuple(GROUPS), progress.tell))
    if options.against != "torch":
        raise InputError("--against", options.against, "torch", "try --against torch")
    if group and group not in AGAINST_TORCH:
        raise InputError(
            "--group", options.group, "a group of which PyTorch is asked",
            f"there are {', '.join(AGAINST_TORCH)}",
        )  # fmt: skip
    setups, seed = SETUPS.read(options.setups), SEED.read(options.seed)
    torch_here()  # or say that it is not, before anything else
    if text := foretold(f"comparing {setups:,} setups", setups * _SECONDS_A_SETUP):
        narrate(f"gradtui: {text}; ctrl+c ends it\n")
    with Progress("verify") as progress:
        return list(against_torch(setups, seed, (group,) if group else (), progress.tell))


def _group(text: str | None) -> str:
    """Its name; "" for none."""
    if text is None:
        return ""
    name = text.strip().lower().replace("-", " ").replace("_", " ")
    if name not in GROUPS:
        near = nearest(text, GROUP_NAMES, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(GROUP_NAMES)}"
        raise InputError("--group", text, "a group of checks", hint)
    return name


# ----------------------------------------------------------------------- page

_COLUMNS = ("expected", 11), ("got", 11), ("error", 7), ("allowed", 7)
_STATUS = 4
_LEAST_WORDS = 12
_IN_A_COLUMN = 4
"""Digits: what is wrong beyond them, the error says."""


_MEANT = {
    "activations": "each at the z where its error is largest",
    "chains": "log10 of |∂L/∂w| at the worst layer, and products of f′",
    "networks": "log10 of norms at the worst layer, and of singular values σ",
    "mean field": "moments, fixed points q*, rates χ and critical points",
    "time": "log10 of norms at the worst step or parameter; half-lives in steps",
    "blocks": "log10 of norms at the worst layer or parameter",
}
"""What the numbers of a group are."""


def page(checks: Sequence[Check], width: int) -> Iterator[Row]:
    """A line a check, by group and source, and how many hold.

    Args:
        checks: in any order.
        width: the cells of a line; more where not even the numbers fit.
    """
    words = max(width - sum(1 + cells for _, cells in _COLUMNS) - _STATUS - 1, _LEAST_WORDS)
    order = [*GROUPS]
    ordered = sorted(checks, key=lambda check: order.index(check.group))
    for group, some in groupby(ordered, key=lambda check: check.group):
        heads = "".join(f" {head:>{cells}}" for head, cells in _COLUMNS)
        yield row((f"{group:<{_STATUS + 1 + words}}", "title"), (heads, "muted"))
        yield from wrapped(f"{'':<{_STATUS}} {_MEANT[group]}", width, "muted", " " * 6)
        for source, same in groupby(some, key=lambda check: check.source):
            yield from wrapped(f"{'':<{_STATUS}} against {source}", width, "muted", " " * 6)
            for check in same:
                yield from _lines(check, words)
        yield ()
    yield from _summary(ordered)


def _lines(check: Check, words: int) -> Iterator[Row]:
    """The check, what it is of over as many lines as that takes."""
    first, *rest = wrapped(check.what, words, "", "  ")
    texts = (
        _short(float(check.expected)), _short(check.got), f"{check.error:.1e}",
        f"{check.tolerance:.0e}",
    )  # fmt: skip
    numbers = "".join(f" {text:>{cells}}" for text, (_, cells) in zip(texts, _COLUMNS, strict=True))
    status = ("ok", "good") if check.ok else ("FAIL", "bad")
    what = "".join(span.text for span in first)
    yield row(
        (f"{status[0]:<{_STATUS}}", status[1]),
        f" {what:<{words}}",
        (numbers, "" if check.ok else "bad"),
    )
    for line in rest:
        yield row(" " * (_STATUS + 1), *line)


def _short(value: float) -> str:
    return f"{value + 0.0:.{_IN_A_COLUMN}g}"


def _summary(checks: Sequence[Check]) -> Iterator[Row]:
    """By group how many hold, and which comes nearest to what is allowed; then all of them."""
    for group, some in groupby(checks, key=lambda check: check.group):
        of_group = list(some)
        held = sum(check.ok for check in of_group)
        last = max(of_group, key=_share)
        yield row(
            (f"{group:<12}", "title"),
            f" {held:>4} of {len(of_group):>4}",
            (f"   largest error / allowed: {_share(last):.1g}", "muted"),
        )
    held = sum(check.ok for check in checks)
    yield row((f"{held} of {len(checks)} checks hold", "good" if held == len(checks) else "bad"))


def _share(check: Check) -> float:
    return math.inf if math.isnan(check.error) else check.error / check.tolerance


# -------------------------------------------------------------------- numbers


def numbers(checks: Sequence[Check], format: str) -> Iterator[str]:
    """The checks as CSV or JSON: what is expected in all the digits that it has."""
    rows: list[dict[str, Value]] = [
        {
            "group": check.group,
            "what": check.what,
            "expected": check.expected,
            "got": check.got,
            "error": check.error,
            "tolerance": check.tolerance,
            "holds": check.ok,
            "source": check.source,
        }
        for check in checks
    ]
    if format == "csv":
        return as_csv(rows)
    held = sum(check.ok for check in checks)
    return as_json({"gradtui": __version__, "hold": held, "of": len(rows)}, "checks", rows)
