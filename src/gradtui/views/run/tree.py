"""The rows of a run's map: its tensors, grouped by module where they are too many to be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gradtui.runs.run import Run
from gradtui.setup.recorded import MOST_MODULES, MOST_ROWS

_JOINT = re.compile(r"[./]")


@dataclass(frozen=True)
class Branch:
    """A row: a tensor, or the tensors of a module together.

    Attributes:
        name: of the tensor or module.
        columns: where its tensors stand in the run.
        opens: whether it is a module whose parts can have a row each.
    """

    name: str
    columns: tuple[int, ...]
    opens: bool = False


def branches(run: Run, opened: tuple[str, ...]) -> tuple[Branch, ...]:
    """The rows in forward order: of few tensors each one, of many the modules.

    Args:
        run: whose.
        opened: the modules whose parts have a row each, if they are grouped.
    """
    columns = range(len(run.names))
    if len(run.names) <= MOST_ROWS:
        return tuple(Branch(run.names[at], (at,)) for at in columns)
    paths = [tuple(_JOINT.split(name)) for name in run.names]
    depth = _depth(paths)
    return tuple(_below(run, paths, [*columns], depth, {*opened}))


def _depth(paths: list[tuple[str, ...]]) -> int:
    """So many parts of a name as give the most rows that are not too many; one at least."""
    depth = 1
    while len(found := {path[: depth + 1] for path in paths}) <= MOST_MODULES:
        if len(found) == len(paths):
            break  # each has its own
        depth += 1
    return depth


def _below(
    run: Run, paths: list[tuple[str, ...]], columns: list[int], depth: int, opened: set[str]
) -> Iterator[Branch]:
    """The rows of these tensors, of which the first so many parts of their names tell a module."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for at in columns:
        groups.setdefault(paths[at][:depth], []).append(at)
    for path, members in groups.items():
        name = _module(run.names[members[0]], len(path))
        if len(members) == 1:
            yield Branch(run.names[members[0]], (members[0],))
        elif name in opened:
            deeper = depth + 1
            while len({paths[at][:deeper] for at in members}) == 1 and deeper < 99:
                deeper += 1
            yield from _below(run, paths, members, deeper, opened)
        else:
            yield Branch(name, tuple(members), opens=True)


def _module(name: str, parts: int) -> str:
    """The first so many parts of a name, as they are joined there."""
    ends = [found.start() for found in _JOINT.finditer(name)]
    return name if parts > len(ends) else name[: ends[parts - 1]]


def branch_of(rows: tuple[Branch, ...], run: Run, name: str) -> int:
    """The row of a tensor or module: it, the module it is in, or its first part; else the first."""
    for at, one in enumerate(rows):
        if one.name == name:
            return at
    known = {run.names[column]: at for at, one in enumerate(rows) for column in one.columns}
    if name in known:
        return known[name]
    return next((at for at, one in enumerate(rows) if name and one.name.startswith(name)), 0)


def module_around(name: str, opened: tuple[str, ...]) -> str:
    """The innermost of the opened modules that something is in; "" if there is none."""
    inside = [one for one in opened if name != one and name.startswith(one)]
    return max(inside, key=len, default="")
