"""What each command does with its options."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from gradtui import settings
from gradtui.cli import (
    asking,
    learning,
    listing,
    serving,
    sweeping,
    verify,
    watching,
    weights,
)
from gradtui.cli.parsers import parsers
from gradtui.cli.streams import (
    Progress,
    complain,
    emit,
    in_colour,
    is_utf8,
    narrate,
    page_size,
    save,
    terminal_size,
)
from gradtui.errors import NO_MEMORY, CommandError, InputError, printable, shown
from gradtui.files import named_file
from gradtui.mathematics.blocks.reading import block
from gradtui.plots.ansi import coloured, plain
from gradtui.plots.ascii import ascii_only, to_ascii
from gradtui.plots.picture import Row
from gradtui.setup import KNOBS, Setup
from gradtui.setup.network import BLOCK
from gradtui.views import VIEWS
from gradtui.views.command import setup_of
from gradtui.views.export import FORMATS, all_healthy, exported, format_of, report, text_height
from gradtui.views.figures import FIGURES, Look, check_figure
from gradtui.views.view import Size, View
from gradtui.views.weights.page import page as weights_page

_UNHEALTHY = _NOTHING_FOUND = 1
_WIDTHS = (40, 1000)
_HEIGHTS = (12, 1000)
"""What a picture can be: less has no room for axes, more is a slip of the finger."""
_SIZES = ("units", "depth", "batch", "networks", "samples")
"""The knobs on which the memory depends."""


def run(options: argparse.Namespace) -> int:
    """Carry it out and give the exit status."""
    if options.command == "watch":
        return watching.watch(options)
    if options.command == "serve":
        return serving.serve(options)
    if options.command == "verify":
        return _verify(options)
    if options.command == "settings":
        return _settings()
    if options.command == "completion":
        return _completion(options.shell)
    if options.command == "list":
        return _list(options)
    if options.command == "learn":
        return _learn(options)
    if options.command == "weights":
        return _weights(options)
    if options.command == "ask":
        return _ask(options)
    if options.command == "sweep":
        return sweeping.sweep(options)
    return _view(VIEWS[options.command], options)


# -------------------------------------------------------------------- views


def _view(view: View[Any], options: argparse.Namespace) -> int:
    given = {
        knob.name: value
        for knob in view.all_knobs
        if (value := getattr(options, knob.name)) is not None
    }
    setup = setup_of(view, options.names, given)
    try:
        return _told(view, setup, options)
    except MemoryError:
        raise CommandError(f"memory: {NO_MEMORY}; {_less(view, setup)}") from None


def _less(view: View[Any], setup: Setup) -> str:
    """What would need less of it."""
    flags = [KNOBS[name].flag for name in _SIZES if name in view.used(setup)]
    expanding = any("expansion" in block(one).family.parameters for one in setup.network.block)
    if BLOCK in view.used(setup) and expanding:
        flags.append(f"the expansion of {KNOBS[BLOCK].flag}")
    others = ["compare fewer activations"] if len(setup.activations) > 1 else []
    return ", or ".join([f"lower {' or '.join(flags)}"] * bool(flags) + others) or "free some"


def _told(view: View[Any], setup: Setup, options: argparse.Namespace) -> int:
    """Show it in the characters that there are."""
    format = _format(options, FORMATS)
    look = _look(options, format)
    marker = _marker(options)
    with ascii_only(format in ("page", "txt") and _to_stdout(options) and not is_utf8(sys.stdout)):
        return _shown(view, options, setup, format, look, marker)


def _shown(
    view: View[Any], options: argparse.Namespace, setup: Setup, format: str, look: Look, marker: str
) -> int:
    """Compute it, and print or save it."""
    size = Size(_cells("width", options.width, _WIDTHS, page_size().columns), 0)
    height = _cells("height", options.height, _HEIGHTS, 0)
    result = _last(view, setup)
    if not height:
        height = page_size().lines
        if _to_stdout(options) and terminal_size() is not None:
            # So that the verdict is in sight together with the picture, if it can be.
            height -= text_height(view, result, setup, size.width) + 1
            height = max(height, 16)
    size = Size(size.width, height)
    if format == "page":
        rows = report(view, result, setup, size, marker).rows
        _print(rows, options.color, unicode=marker != "ascii")
    else:
        what = "the numbers" if format in ("csv", "json") else "the picture"
        content = exported(view, result, setup, size, marker, format, look)
        _deliver(content, options, what, format)
    return _UNHEALTHY if options.check and not all_healthy(view, result, setup) else 0


def _last(view: View[Any], setup: Setup) -> Any:
    """The view's best result."""
    if text := view.foretold(setup):
        narrate(f"gradtui: {text}; ctrl+c ends it\n")
    foretold = False
    with Progress(view.name) as progress:
        for result in view.results(setup, progress.tell):
            if not foretold and (text := view.foretold_next(result)):
                foretold = True
                progress.tell_line(f"gradtui: {text}; ctrl+c ends it")
    return result


def _cells(name: str, text: str | None, limits: tuple[int, int], default: int) -> int:
    """A number of columns or rows; the default is brought into the limits."""
    low, high = limits
    if text is None:
        return min(max(default, low), high) if default else 0
    whole = text.isascii() and text.removeprefix("-").isdigit()
    count = int(text) if whole and len(text) < 10 else None
    if count is None or not low <= count <= high:
        allowed = f"a whole number from {low} to {high:,}"
        near = 2 * low if count is None else min(max(count, low), high)
        step = f"try {near}" if text.strip() else "it is empty: give it a value"
        raise InputError(f"--{name}", text, allowed, step)
    return count


def _marker(options: argparse.Namespace) -> str:
    shown = is_utf8(sys.stdout) or not _to_stdout(options)
    chosen = settings.resolve({"marker": options.marker})["marker"]
    marker = settings.marker(chosen.value, utf8=shown)
    encoding = getattr(sys.stdout, "encoding", None)
    if marker != "ascii" and not (shown or settings.encodes_unicode(encoding)):
        raise InputError(
            f"marker ({chosen.source})",
            marker,
            f"in the encoding of standard output ({encoding})",
            "try --marker ascii, or set PYTHONIOENCODING=utf-8",
        )
    return marker


# --------------------------------------------------------------------- list


def _list(options: argparse.Namespace) -> int:
    format = _format(options, ("txt", "csv", "json"))
    width = _cells("width", options.width, _WIDTHS, page_size().columns)
    with ascii_only(_to_stdout(options) and not is_utf8(sys.stdout)):
        page = listing.page(options.name, width, _language(options))
    if format == "page":
        _print(page, options.color)
    elif format == "txt":
        _deliver([plain(page)], options, "the list", format)
    else:
        _deliver(listing.numbers(options.name, format), options, "the list", format)
    return 0


# -------------------------------------------------------------------- learn


def _learn(options: argparse.Namespace) -> int:
    asked = "md" if options.markdown else "tex" if options.latex else ""
    format = _format(options, ("txt", *learning.HANDOUTS), asked)
    width = _cells("width", options.width, _WIDTHS, page_size().columns)
    language = _language(options)
    if format in learning.HANDOUTS:
        _deliver(learning.handout(options, language, format), options, "the handout", format)
        return 0
    with ascii_only(_to_stdout(options) and not is_utf8(sys.stdout)):
        page = tuple(learning.rows(options, language, width))
        if format == "page":
            _print(page, options.color)
        else:
            _deliver([plain(page)], options, "the lesson", format)
    return 0


def _language(options: argparse.Namespace) -> str:
    """In which a lesson is told."""
    shown = is_utf8(sys.stdout) or not _to_stdout(options)
    if options.language is None:
        return settings.language() if shown else "en"
    if options.language != "en" and not shown:
        raise InputError(
            "--language",
            options.language,
            "in what is shown here, by the locale and the encoding of standard output "
            f"({sys.stdout.encoding})",
            "try --language en, or set PYTHONIOENCODING=utf-8",
        )
    return str(options.language)


# --------------------------------------------------------------------- ask


def _ask(options: argparse.Namespace) -> int:
    format = _format(options, ("txt", "csv", "json"))
    width = _cells("width", options.width, _WIDTHS, page_size().columns)
    language = _language(options)
    asked = " ".join(" ".join(options.words).split())
    utf8 = is_utf8(sys.stdout) or not _to_stdout(options)
    with ascii_only(not utf8 and format in ("page", "txt")):
        if not options.words:
            page = asking.questions_page(width, language)
            numbers = partial(asking.questions_numbers, format, language)
        else:
            found = asking.answer(asked, _last)
            if found is None:
                complain(asking.nothing(asked))
                return _NOTHING_FOUND
            page = asking.answer_page(found, width, language)
            numbers = partial(asking.answer_numbers, found, format, language)
            if options.picture and found.question is not None and found.question.view:
                view, marker = VIEWS[found.question.view], _marker(options)
                size = Size(width, max(page_size().lines - 4, _HEIGHTS[0]))
                drawn = view.draw(found.result, found.question.setup, size, marker).rows
                page = (*page, (), *drawn)
        if format == "page":
            _print(page, options.color, unicode=utf8)
        elif format == "txt":
            _deliver([plain(page)], options, "the answer", format)
        else:
            _deliver(numbers(), options, "the answer", format)
    return 0


# ------------------------------------------------------------------ weights


def _weights(options: argparse.Namespace) -> int:
    format = _format(options, ("txt", "csv", "json"))
    width = _cells("width", options.width, _WIDTHS, page_size().columns)
    with ascii_only(format in ("page", "txt") and _to_stdout(options) and not is_utf8(sys.stdout)):
        record = weights.recorded(options)
        if format == "page":
            _print(weights_page(record, options.file, width), options.color)
        elif format == "txt":
            _deliver(
                [plain(weights_page(record, options.file, width))], options, "the page", format
            )
        else:
            _deliver(weights.numbers(record, options, format), options, "the numbers", format)
    return 1 if options.check and not record.healthy else 0


# ------------------------------------------------------------------- verify


def _verify(options: argparse.Namespace) -> int:
    format = _format(options, ("txt", "csv", "json"))
    width = _cells("width", options.width, _WIDTHS, page_size().columns)
    checks = verify.checked(options)
    with ascii_only(format in ("page", "txt") and _to_stdout(options) and not is_utf8(sys.stdout)):
        if format == "page":
            _print(tuple(verify.page(checks, width)), options.color)
        elif format == "txt":
            _deliver([plain(tuple(verify.page(checks, width)))], options, "the checks", format)
        else:
            _deliver(verify.numbers(checks, format), options, "the checks", format)
    return 0 if all(check.ok for check in checks) else 1


# ------------------------------------------------------------------- output


def _to_stdout(options: argparse.Namespace) -> bool:
    return options.output in (None, "-")


def _format(options: argparse.Namespace, formats: Sequence[str], asked: str | None = None) -> str:
    """Which one, before anything is computed; "page" is what a reader gets on stdout."""
    if asked is None:
        asked = "json" if options.json else "csv" if options.csv else ""
    if _to_stdout(options):
        return asked or "page"
    if not options.output.strip():
        raise CommandError("output: '' is no file name; name a file, or - for standard output")
    file = named_file(options.output)
    if not asked:
        return format_of(file, formats)
    named = file.suffix.lower().removeprefix(".")
    # Numbers are text; only what is surely something else contradicts the flag.
    if named in formats and named not in (asked, "txt"):
        flag = {"md": "markdown", "tex": "latex"}.get(asked, asked)
        raise CommandError(
            f"output: {shown(options.output)} ends in .{named}, and --{flag} asks for "
            f".{asked}; leave one of them out"
        )
    return asked


def _print(rows: Sequence[Row], color: str, *, unicode: bool = False) -> None:
    """Rows to stdout."""
    text = coloured(rows) if in_colour(color) else plain(rows)
    # What was laid out is not made longer any more.
    emit(text if unicode or is_utf8(sys.stdout) else to_ascii(text), unicode=unicode)


def _look(options: argparse.Namespace, format: str) -> Look:
    """What a figure is to look like.

    Raises:
        CommandError: something is said of a figure, and none is asked for.
    """
    if format in FIGURES:
        check_figure(format, options.output)
        return Look(options.theme or Look.theme, not options.no_caption, options.verdict)
    for name in ("theme", "no_caption", "verdict"):
        if getattr(options, name):
            endings = ", ".join(f".{one}" for one in FIGURES)
            flag = "--" + name.replace("_", "-")
            raise CommandError(
                f"option: {flag} is of a figure, and none is written; "
                f"give --output a file that ends in one of {endings}"
            )
    return Look()


def _deliver(
    pieces: Iterable[str | bytes], options: argparse.Namespace, what: str, format: str
) -> None:
    """All of them to stdout or a file."""
    if not _to_stdout(options):
        save(pieces, named_file(options.output), what)
        return
    # Data is for whatever reads it: the locale says what a person is shown.
    unicode = format != "txt" and settings.encodes_unicode(getattr(sys.stdout, "encoding", ""))
    for piece in pieces:
        assert isinstance(piece, str)  # a figure goes to a file
        if format == "json" and not unicode:
            # JSON has its own way to write every character in ASCII.
            piece = re.sub(r"[^\x00-\x7f]", lambda match: json.dumps(match[0])[1:-1], piece)
        emit(piece, unicode=unicode)


# --------------------------------------------------------- the small commands


def _settings() -> int:
    """What is in force, and the place of each: to be read, and to be copied into the file."""
    file = settings.settings_file()
    emit(f"# {printable(str(file))}{'' if file.exists() else ' (not there)'}\n")
    for name, chosen in settings.resolve().items():
        setting = settings.SETTINGS[name]
        emit(
            f'{name:<7} = "{chosen.value}"  # {printable(chosen.source)}; '
            f"{', '.join(setting.choices)}; {setting.variable}\n"
        )
    return 0


def _completion(shell: str) -> int:
    import shtab

    root, commands = parsers()
    for command in commands.values():
        for action in command._actions:
            if action.dest in ("output", "file"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    script: str = shtab.complete(root, shell)
    emit(script if script.endswith("\n") else script + "\n")
    return 0
