"""What each command does with its options."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradtui import settings
from gradtui.cli import learning, listing, watching, weights
from gradtui.cli.parsers import parsers
from gradtui.cli.streams import (
    CommandError,
    Progress,
    emit,
    in_colour,
    is_utf8,
    narrate,
    page_size,
    save,
    terminal_size,
)
from gradtui.errors import NO_MEMORY, InputError, printable, shown
from gradtui.files import named_file
from gradtui.mathematics.blocks.reading import block
from gradtui.plots.ansi import coloured, plain
from gradtui.plots.ascii import ascii_only, to_ascii
from gradtui.plots.picture import Row
from gradtui.setup import CURSORS, FAMILIES, KNOBS, Setup, family_with, groups_of, implied
from gradtui.setup.network import BLOCK
from gradtui.views import VIEWS
from gradtui.views.export import FORMATS, all_healthy, exported, format_of, report, text_height
from gradtui.views.figures import FIGURES, Look, check_figure
from gradtui.views.view import Size, View
from gradtui.views.weights.page import page as weights_page

_UNHEALTHY = 1
_WIDTHS = (40, 1000)
_HEIGHTS = (12, 1000)
"""What a picture can be: less has no room for axes, more is a slip of the finger."""
_SIZES = ("units", "depth", "batch", "networks", "samples")
"""The knobs on which the memory depends."""


def run(options: argparse.Namespace) -> int:
    """Carry it out and give the exit status."""
    if options.command == "watch":
        return watching.watch(options)
    if options.command == "verify":
        return _verify()
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


def setup_of(view: View[Any], names: Sequence[str], given: Mapping[str, str]) -> Setup:
    """The setup that the words of a command describe.

    Args:
        view: the view whose command it is.
        names: those of its roster among the words.
        given: the text of each knob that was given as an option.

    Raises:
        InputError, CommandError: a value that is not allowed, or two that contradict each other.
    """
    if names:
        roster = view.roster(view.default_setup)
        if roster.name in given:
            raise CommandError(
                f"{roster.name}: {shown(names[0])} and {roster.flag} {shown(given[roster.name])} "
                "are both given; name them in one of the two ways"
            )
        # A comma at the end of a word is one between two of them.
        read = roster.from_word or (lambda word: roster.parse(word.removesuffix(",")))
        specs = [spec for word in names[:-1] for spec in read(word)]
        last = (roster.from_word or roster.parse)(names[-1])
        given = {**given, roster.name: roster.format((*specs, *last))}
    changes: dict[str, Any] = {name: KNOBS[name].parse(text) for name, text in given.items()}
    if (family := _family_of(changes)) and "model" in view.knobs:
        changes["model"] = family
    for name, value in list(changes.items()):
        changes = {**implied(view.default_setup, name, value), **changes}
    setup = view.default_setup.with_(**changes).clamped()
    # A cursor that was asked for is not moved in silence.
    setup = setup.with_(**{name: changes[name] for name in CURSORS if name in changes})
    return setup.checked(view.family(setup))


def _family_of(changes: Mapping[str, Any]) -> str:
    """The family of which all these knobs are, and the chosen one; "" if they are of none.

    Raises:
        CommandError: there is no such family, and some of the knobs would have no effect.
    """
    flags = {
        knob.group: knob.flag for knob in map(KNOBS.__getitem__, changes) if knob.group in FAMILIES
    }
    model = changes.get("model", "")
    family = model or (family_with(flags) if flags else "")
    foreign = [group for group in flags if group not in groups_of(family)]
    if not foreign:
        return family
    named = [*flags.items(), *([(model, f"{KNOBS['model'].flag} {model}")] if model else [])]
    first = next(pair for pair in reversed(named) if pair[0] != foreign[0])
    raise CommandError(
        f"option: {flags[foreign[0]]} is of a {foreign[0]} and {first[1]} of a {first[0]}, so one "
        "of them would have no effect; leave one out"
    )


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
            f"in the encoding of standard output ({sys.stdout.encoding})",
            "try --language en, or set PYTHONIOENCODING=utf-8",
        )
    return str(options.language)


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


def _verify() -> int:
    from gradtui.mathematics.verify import checks

    failed = count = 0
    for check in checks():
        count += 1
        failed += not check.ok
        emit(
            f"{'ok' if check.ok else 'FAILED':<6}  {check.name}: expected {check.expected} "
            f"({check.source}), got {check.got}\n"
        )
    emit(f"{count - failed} of {count} checks hold\n")
    return 1 if failed else 0


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
