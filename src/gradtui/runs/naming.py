"""Which runs somebody means by a path, looked at no further than to know them."""

from __future__ import annotations

from gradtui import gate
from gradtui.errors import InputError, printable
from gradtui.files import named_path, open_regular
from gradtui.runs.folders import find_runs
from gradtui.runs.formats.format import HEAD, Head
from gradtui.runs.reading import KNOWN, STANDARD_INPUT, SUCH_AS, format_of, unreadable

_LISTED = 12


def runs_named(field: str, path: str, most: int) -> tuple[str, ...]:
    """The path itself, where it is one run; of a folder all runs that are in it.

    Args:
        field: what the path was given for.
        path: a file, a folder, or - for standard input.
        most: so many runs can be looked at together.

    Raises:
        InputError: there is no such run, or there are too many.
    """
    if path == STANDARD_INPUT:
        gate.refuse(field, path, "a run for visitors: it is the server's input", "name another")
        return (path,)
    try:
        file = named_path(path, field, SUCH_AS)
        if not file.is_dir():
            with open_regular(file) as stream:
                format_of(Head(stream.read(HEAD), file), path)
            return (path,)
    except OSError as error:
        raise unreadable(path, error) from None
    paths = [one.path for one in find_runs(file)]
    found = [gate.public(one) for one in paths]
    if not found:
        raise InputError(field, path, f"a folder with {KNOWN} in it", "name the file itself")
    if len(found) > most:
        named = ", ".join(printable(str(one.relative_to(file))) for one in paths[:_LISTED])
        more = f" and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
        raise InputError(
            field,
            path,
            f"a folder with at most {most} runs: there are {len(found):,}, {named}{more}",
            "name those to look at",
        )
    return (path,) if len(found) == 1 else tuple(found)
