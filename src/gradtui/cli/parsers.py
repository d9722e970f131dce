"""The arguments: which commands and options there are, and what is said of a wrong one."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from gradtui.app.state import THEMES
from gradtui.cli.parser import Parser, add_app_options
from gradtui.cli.streams import CommandError
from gradtui.cli.weights import ASKED, SORTS
from gradtui.errors import InputError, nearest, printable, shown
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.initialisation import INITIALISATIONS
from gradtui.mathematics.initialisation.recipes import Scheme
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS, CellScheme
from gradtui.plots.palette import FIGURE_THEMES
from gradtui.settings import SETTINGS
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.export import FORMATS
from gradtui.views.figures import FIGURES
from gradtui.views.page import READOUT, Entry, page_file, sections
from gradtui.views.scenarios import SCENARIOS
from gradtui.views.view import View
from gradtui.views.weights.table import NAMES

SHELLS = ("bash", "zsh", "tcsh")


class _Names(tuple[str, ...]):
    """Choices for completion and for no other purpose: parameters make endlessly many more."""

    def __contains__(self, item: object) -> bool:
        return True


# ------------------------------------------------------------------ parsing


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line that has a command or asks for help.

    Raises:
        HelpWanted: for --help.
        InputError, CommandError: what cannot be understood.
    """
    root, commands = parsers()
    if words[0].startswith("-"):
        command = next((word for word in words if word in commands), None)
        if command is None:
            if "-h" in words or "--help" in words:
                root.print_help()
            _app_parser().read(words)  # which says what is unknown here
        raise CommandError(
            f"option: {shown(words[0])} stands before the command; write "
            f"`gradtui {command} …` with the options after it, or leave out {command} for the app"
        )
    if words[0] not in commands:
        raise _unknown_command(words[0], list(commands))
    options = commands[words[0]].read(words[1:])
    options.command = words[0]
    return options


def _app_parser() -> Parser:
    parser = Parser(prog="gradtui", add_help=False)
    add_app_options(parser, THEMES)
    return parser


def _unknown_command(word: str, commands: Sequence[str]) -> InputError:
    near = nearest(word, commands)
    if word.partition("(")[0].lower() in ACTIVATIONS:
        hint = f"an activation comes after a view: gradtui derivative {shlex.quote(word)}"
    elif word.lower() in GATED:
        hint = f"a cell comes after its view: gradtui time {shlex.quote(word)}"
    elif near:
        hint = f"did you mean {' or '.join(near)}? `gradtui --help` shows all of them"
    else:
        hint = f"there are {', '.join(commands)}"
    return InputError("command", word, "a command of gradtui", printable(hint))


# ------------------------------------------------------------------ parsers


def parsers() -> tuple[Parser, dict[str, Parser]]:
    """The parser of the whole, and that of each command."""
    root = Parser(
        prog="gradtui",
        usage="gradtui [OPTION ...]\n       gradtui COMMAND ...",
        description="See a gradient vanish, explode or survive. Without a command: the app.",
        epilog=_examples(
            "gradtui",
            "gradtui decay sigmoid tanh relu --depth 50",
            "gradtui chain sigmoid --depth 5 --weights 0.1",
            "gradtui derivative 'leaky_relu(0.2)' gelu --z-range -4:4",
            "gradtui list silu",
        ),
    )
    add_app_options(root, THEMES)
    found = root.add_subparsers(title="commands", metavar="COMMAND", prog="gradtui")
    commands: dict[str, Parser] = {}
    for view in VIEWS.values():
        commands[view.name] = found.add_parser(
            view.name,
            help=f"{view.title}: {view.question}".replace("%", "%%"),
            usage=f"gradtui {view.name} [{_roster(view)} ...] [OPTION ...]",
            description=_description(view),
            epilog=_view_epilog(view),
        )
        _add_view_options(commands[view.name], view)
    _add_small_commands(found, commands)
    return root, commands


def _add_small_commands(
    found: argparse._SubParsersAction[Parser], commands: dict[str, Parser]
) -> None:
    """What is no view."""
    commands["list"] = found.add_parser(
        "list",
        help="the activations with their facts, or one with its derivation",
        description="The activations with their facts, or one of them with its derivation.",
        epilog=_examples("gradtui list", "gradtui list tanh", "gradtui list --csv"),
    )
    _add_list_options(commands["list"])
    commands["watch"] = found.add_parser(
        "watch",
        help="runs that are being written: the run view in the app, and the verdict as it changes",
        usage="gradtui watch PATH ... [OPTION ...]",
        description="Shows runs while they are being written, in the app; without a terminal, or "
        "with --until, prints each change of the verdict as a line. A file need not be there yet; "
        "- is standard input.",
        epilog=_examples(
            "gradtui watch run.jsonl",
            "gradtui watch lightning_logs --bell",
            "gradtui watch run.jsonl --until unhealthy || scancel $SLURM_JOB_ID",
            "python train.py | gradtui watch -",
        ),
    )
    _add_watch_options(commands["watch"])
    commands["weights"] = found.add_parser(
        "weights",
        help="a file of weights: what each tensor is like, and what a gradient makes of them",
        usage="gradtui weights FILE [--activation ACTIVATION] [OPTION ...]",
        description="\n\n".join(textwrap.fill(text, _WIDTH) for text in _WEIGHTS),
        epilog=_examples(
            "gradtui weights model.safetensors",
            "gradtui weights checkpoint.pt --activation relu --check",
            "gradtui weights model.safetensors.index.json --csv",
        )
        + _columns_of_weights(),
    )
    _add_weights_options(commands["weights"])
    commands["verify"] = found.add_parser(
        "verify",
        help="check this installation against published numbers",
        description="Check this installation against numbers that others found; "
        "exit status 1 if one of them is not met.",
    )
    commands["settings"] = found.add_parser(
        "settings",
        help="each setting's value, and where it comes from",
        description="Each setting's value, where it comes from, and where the settings file is.",
    )
    commands["completion"] = found.add_parser(
        "completion",
        help="print a script that completes commands, options and names",
        description="Print a script that completes commands, options and names in a shell.",
        epilog=_examples(
            "gradtui completion bash > ~/.local/share/bash-completion/completions/gradtui",
            "gradtui completion zsh > ~/.zfunc/_gradtui",
            "gradtui completion tcsh > ~/.gradtui.tcsh",
        ),
    )
    commands["completion"].add_argument(
        "shell", choices=SHELLS, metavar="SHELL", help="one of " + ", ".join(SHELLS)
    )


def _examples(*commands: str) -> str:
    return "Examples:\n" + "\n".join(f"  {command}" for command in commands)


def _paragraph(entry: Entry, lead: str) -> str:
    """Words in lines of a terminal's width behind a lead; what is typed without its backticks."""
    if entry.literal:
        return textwrap.indent(entry.text, lead + "    ")
    lead += f"{entry.bullet} " if entry.bullet and not entry.terms else ""
    words, indent = entry.text.replace("`", ""), " " * len(lead)
    return textwrap.fill(words, _WIDTH, initial_indent=lead, subsequent_indent=indent)


_WIDTH = 78


def _description(view: View[Any]) -> str:
    """What the view is about, from its page."""
    intro = sections(view).get("", ())
    return "\n\n".join([view.question, *(_paragraph(one, "") for one in intro)])


def _columns(view: View[Any]) -> str:
    """What is printed below the picture, from the view's page."""
    lines = [
        _paragraph(one, f"  {', '.join(one.terms):<15} " if one.terms else "  ")
        for one in sections(view).get(READOUT, ())
    ]
    return "\n".join(["Below the picture stand:", *lines, ""]) + "\n" if lines else ""


def _view_epilog(view: View[Any]) -> str:
    """Commands that say something, and what to make of a number that JSON cannot hold."""
    commands = [f"gradtui {view.name}", f"gradtui {view.name} --output {view.name}.svg"]
    commands += [shlex.join(view.command(s.setup)) for s in SCENARIOS if s.view == view.name]
    recipes = ""
    schemes: Mapping[str, Scheme | CellScheme] = {}
    if "init" in view.knobs:
        schemes = INITIALISATIONS
    elif "cell_init" in view.knobs:
        schemes = CELL_INITIALISATIONS
    if schemes:
        wide = max(map(len, schemes))
        lines = [
            line
            for scheme in schemes.values()
            for line in (
                f"  {scheme.name:<{wide}}  {scheme.formula}",
                f"  {'':<{wide}}  takes {', '.join(p.name for p in scheme.parameters)}",
            )[: 1 + bool(scheme.parameters)]
        ]
        recipes = (
            "Initialisations, with their parameters free or given:\n" + "\n".join(lines) + "\n\n"
        )
    return (
        f"{_examples(*dict.fromkeys(commands))}\n\n{_columns(view)}{recipes}"
        "In JSON null is a number that JSON cannot hold: the log10 of an exact zero, or\n"
        "one beyond float64. In CSV they are -inf and inf; what cannot be known is left\n"
        "empty." + _page(view)
    )


def _page(view: View[Any]) -> str:
    """Where the view's page is, which stands in its folder."""
    if (file := page_file(view)) is None:
        return ""
    return f"\n\nEvery column explained, with examples:\n  {printable(str(file))}"


def _roster(view: View[Any]) -> str:
    """One of what a view looks at: ACTIVATION, or CELL."""
    return view.roster(view.default_setup).label.removesuffix("s").upper()


def _add_view_options(parser: Parser, view: View[Any]) -> None:
    names = view.roster(view.default_setup)
    parser.add_argument_group("what to look at").add_argument(
        "names",
        nargs="*",
        choices=_Names(names.words()),
        metavar=_roster(view),
        help=f"{names.allowed} (default: {names.text(view.default_setup)})",
    )
    knobs = parser.add_argument_group("what to compute")
    for knob in view.all_knobs:
        default = knob.text(view.default_setup)
        unless = f" (default: {default})" if default else ""
        knobs.add_argument(
            knob.flag,
            dest=knob.name,
            choices=_Names(words) if (words := knob.words()) else None,
            metavar="VALUE",
            help=f"{view.help_of(knob)}: {knob.allowed}{unless}".replace("%", "%%"),
        )
    output = parser.add_argument_group("what to print")
    _add_formats(output, " ".join(f".{suffix}" for suffix in FORMATS))
    output.add_argument(
        "--height", metavar="ROWS", help="of the picture (default: the terminal's, or 24)"
    )
    output.add_argument(
        "--marker",
        choices=SETTINGS["marker"].choices,
        metavar="MARKER",
        help=f"{SETTINGS['marker'].help} ({', '.join(SETTINGS['marker'].choices)})",
    )
    output.add_argument(
        "--check", action="store_true", help="exit status 1 unless every verdict is healthy"
    )
    figure = parser.add_argument_group(f"a figure ({', '.join(f'.{one}' for one in FIGURES)})")
    figure.add_argument(
        "--theme", choices=tuple(FIGURE_THEMES), metavar="THEME", help="light, unless said, or dark"
    )
    figure.add_argument(
        "--no-caption", action="store_true", help="without what was asked, below it"
    )
    figure.add_argument("--verdict", action="store_true", help="with the verdicts below it")


def _add_formats(parser: argparse._ArgumentGroup, suffixes: str) -> None:
    numbers = parser.add_mutually_exclusive_group()
    numbers.add_argument("--json", action="store_true", help="numbers and verdicts as JSON")
    numbers.add_argument("--csv", action="store_true", help="numbers as CSV")
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


def _add_watch_options(parser: Parser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files or folders of runs, or -")
    parser.add_argument(
        "--until",
        choices=("unhealthy",),
        metavar="VERDICT",
        help="unhealthy: print lines, and end with status 1 once one of them is not healthy",
    )
    parser.add_argument(
        "--bell", action="store_true", help="ring the terminal's bell when a verdict changes"
    )
    add_app_options(parser, THEMES)


_WEIGHTS = (
    "What is a file of weights like, and what do they make of a gradient?",
    "Of each tensor in a safetensors file (also sharded, by its index), an npz, or a checkpoint of "
    "PyTorch, of which nothing is run: shape, scale σw, largest singular value, stable rank, what "
    "is wrong with it, and which recipe it looks like. Of LSTMs and GRUs the bias of the gates "
    "that keep. Through a plain stack of Linear layers the exact gradient, with the verdict.",
)


def _columns_of_weights() -> str:
    """The names in CSV and JSON."""
    lines = (
        textwrap.fill(
            words, _WIDTH, initial_indent=f"  {names}: ", subsequent_indent=" " * 6,
            break_on_hyphens=False,
        )
        for names, words in NAMES.items()
    )  # fmt: skip
    return "\n\nIn CSV, and in JSON under tensors, a row a tensor:\n" + "\n".join(lines)


def _add_weights_options(parser: Parser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="safetensors, *.index.json, .npz, .pt, .pth, .ckpt or .bin"
    )
    knobs = parser.add_argument_group("what to compute")
    knobs.add_argument(
        "--activation",
        "--activations",
        dest="activations",
        choices=_Names(ACTIVATIONS),
        metavar="ACTIVATION",
        help="the one between the layers, or several to compare, such as relu,tanh: theory's rate "
        "a layer of each tensor, and the gradient through a stack",
    )
    for name in ASKED:
        knob = KNOBS[name]
        default = knob.text(Setup())
        help = {"x": "the standard deviation of a stack's random inputs"}.get(name, knob.help)
        knobs.add_argument(
            knob.flag,
            metavar="VALUE",
            help=f"{help}: {knob.allowed} (default: {default})".replace("%", "%%"),
        )
    output = parser.add_argument_group("what to print")
    _add_formats(output, ".txt .csv .json")
    output.add_argument(
        "--sort",
        choices=_Names(SORTS),
        default="file",
        metavar="COLUMN",
        help=f"the tensors, the largest first: one of {', '.join(SORTS)}",
    )
    output.add_argument(
        "--check",
        action="store_true",
        help="exit status 1 where something is wrong: a verdict that is not healthy, numbers that "
        "are not finite, rows of weights that are zero; what is marked ! does not count",
    )


def _add_list_options(parser: Parser) -> None:
    parser.add_argument(
        "name",
        nargs="?",
        choices=_Names(
            dict.fromkeys((*ACTIVATIONS, *GATED, *CELL_INITIALISATIONS, *INITIALISATIONS))
        ),
        metavar="NAME",
        help="an activation such as tanh or 'leaky_relu(0.2)', a recurrent cell such as lstm, "
        "or an initialisation such as chrono",
    )
    group = parser.add_argument_group("what to print")
    _add_formats(group, ".txt .csv .json")
    group.add_argument("--language", choices=("en", "ko"), default="en", help="of the derivation")
