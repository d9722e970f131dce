"""The arguments: which commands and options there are, and what is said of a wrong one."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from collections.abc import Sequence

from gradtui.app.state import THEMES
from gradtui.cli.options import (
    WIDTH,
    Names,
    add_formats,
    add_language,
    add_page_options,
    examples,
)
from gradtui.cli.parser import Parser, add_app_options
from gradtui.cli.serving import add_serve
from gradtui.cli.sweep_parsers import SWEEP, add_sweep, sweep_parsed
from gradtui.cli.verify import GROUP_NAMES, SEED, SETUPS
from gradtui.cli.view_parsers import add_view
from gradtui.cli.weights import ASKED, SORTS
from gradtui.errors import CommandError, InputError, nearest, printable, shown
from gradtui.lessons import LESSONS
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.initialisation import INITIALISATIONS
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS
from gradtui.settings import SETTINGS
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.questions import QUESTIONS
from gradtui.views.weights.table import NAMES

SHELLS = ("bash", "zsh", "tcsh")


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
    if words[0] == SWEEP:
        return sweep_parsed(commands[SWEEP], words[1:])
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
        epilog=examples(
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
        commands[view.name] = add_view(found, view)
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
        epilog=examples("gradtui list", "gradtui list tanh", "gradtui list --csv"),
    )
    _add_list_options(commands["list"])
    commands["learn"] = found.add_parser(
        "learn",
        help="lessons: derivations step by step, with the picture of each",
        description="The lessons, or one of them: a derivation step by step, each with its reason "
        "and the command that shows it. In the app o opens them beside the picture.",
        epilog=examples(
            "gradtui learn",
            "gradtui learn sigmoid",
            "gradtui learn sigmoid --step 3 --language ko",
            "gradtui learn tanh --latex --output tanh.tex",
        ),
    )
    _add_learn_options(commands["learn"])
    commands["ask"] = found.add_parser(
        "ask",
        help="a question answered from live numbers, or what a symbol or a word means",
        usage="gradtui ask [WORD ...] [OPTION ...]",
        description="\n\n".join(textwrap.fill(text, WIDTH) for text in _ASK),
        epilog=examples(
            "gradtui ask",
            'gradtui ask "dead relu"',
            "gradtui ask float16 --picture",
            "gradtui ask chi",
            "gradtui ask 망각 편향 --language ko",
        ),
    )
    _add_ask_options(commands["ask"])
    commands["watch"] = found.add_parser(
        "watch",
        help="runs that are being written: the run view in the app, and the verdict as it changes",
        usage="gradtui watch PATH ... [OPTION ...]",
        description="Shows runs while they are being written, in the app; without a terminal, or "
        "with --until, prints each change of the verdict as a line. A file need not be there yet; "
        "- is standard input. What the app remembers from start to start stays as it is.",
        epilog=examples(
            "gradtui watch run.jsonl",
            "gradtui watch lightning_logs --bell",
            "gradtui watch run.jsonl --until unhealthy || scancel $SLURM_JOB_ID",
            "python train.py | gradtui watch -",
        ),
    )
    _add_watch_options(commands["watch"])
    add_serve(found, commands)
    commands["weights"] = found.add_parser(
        "weights",
        help="a file of weights: what each tensor is like, and what a gradient makes of them",
        usage="gradtui weights FILE [--activation ACTIVATION] [OPTION ...]",
        description="\n\n".join(textwrap.fill(text, WIDTH) for text in _WEIGHTS),
        epilog=examples(
            "gradtui weights model.safetensors",
            "gradtui weights checkpoint.pt --activation relu --check",
            "gradtui weights model.safetensors.index.json --csv",
        )
        + _columns_of_weights(),
    )
    _add_weights_options(commands["weights"])
    commands["verify"] = found.add_parser(
        "verify",
        help="check this installation against 50-digit arithmetic, or against PyTorch",
        usage="gradtui verify [--group GROUP] [--against torch] [OPTION ...]",
        description="Check this installation against numbers that others found: 50-digit "
        "arithmetic,\ndifferences at 800 digits, quadrature, published numbers; exit status 1 if "
        "one is\nnot met. An error is relative, but of a logarithm and next to a zero a distance.",
        epilog=examples(
            "gradtui verify",
            "gradtui verify --group activations --json",
            "gradtui verify --against torch --setups 200",
        ),
    )
    _add_verify_options(commands["verify"])
    commands["settings"] = found.add_parser(
        "settings",
        help="each setting's value, and where it comes from",
        description="Each setting's value, where it comes from, and where the settings file is.",
    )
    commands[SWEEP] = add_sweep(found)
    commands["completion"] = found.add_parser(
        "completion",
        help="print a script that completes commands, options and names",
        description="Print a script that completes commands, options and names in a shell.",
        epilog=examples(
            "gradtui completion bash > ~/.local/share/bash-completion/completions/gradtui",
            "gradtui completion zsh > ~/.zfunc/_gradtui",
            "gradtui completion tcsh > ~/.gradtui.tcsh",
        ),
    )
    commands["completion"].add_argument(
        "shell", choices=SHELLS, metavar="SHELL", help="one of " + ", ".join(SHELLS)
    )


_ASK = (
    "Without words: the questions, and the names of the glossary. With words, English or Korean: "
    "the answer to the question that fits best, drawn from the result of the command that is "
    "named below it, or an entry of the glossary.",
    "Exit status 1 if nothing fits.",
)


def _add_ask_options(parser: Parser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        choices=Names(question.name for question in QUESTIONS),
        metavar="WORD",
        help="the name of a question, such as dead-relu, a symbol, or words of your own",
    )
    group = parser.add_argument_group("what to print")
    add_formats(group, ".txt .csv .json")
    add_language(group)
    group.add_argument(
        "--picture", action="store_true", help="the picture from which it is read, below the answer"
    )
    marker = SETTINGS["marker"]
    group.add_argument(
        marker.flag,
        choices=marker.choices,
        metavar="MARKER",
        help=f"{marker.help} ({', '.join(marker.choices)})",
    )


def _add_watch_options(parser: Parser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files or folders of runs, or -")
    parser.add_argument(
        "--until",
        choices=("unhealthy",),
        metavar="VERDICT",
        help="unhealthy: print lines, and end with status 1 once one of them is not healthy; what "
        "a training may go well with (a falling loss scale, clipping, spikes) is told, and no end",
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
            words, WIDTH, initial_indent=f"  {names}: ", subsequent_indent=" " * 6,
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
        choices=Names(ACTIVATIONS),
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
    add_formats(output, ".txt .csv .json")
    output.add_argument(
        "--sort",
        choices=Names(SORTS),
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


def _add_learn_options(parser: Parser) -> None:
    parser.add_argument(
        "lesson", nargs="?", choices=Names(LESSONS), metavar="NAME", help="one of the lessons"
    )
    parser.add_argument("--step", metavar="N", help="this step alone, and what leads to it")
    add_language(parser)
    group = parser.add_argument_group("what to print")
    handouts = group.add_mutually_exclusive_group()
    handouts.add_argument("--markdown", action="store_true", help="a handout in Markdown")
    handouts.add_argument("--latex", action="store_true", help="a handout for LaTeX")
    add_page_options(group, ".txt .md .tex")


def _add_verify_options(parser: Parser) -> None:
    knobs = parser.add_argument_group("what to check")
    knobs.add_argument(
        "--group",
        choices=Names(GROUP_NAMES),
        metavar="GROUP",
        help=f"only that: {', '.join(GROUP_NAMES)}",
    )
    knobs.add_argument(
        "--against",
        choices=Names(("torch",)),
        metavar="LIBRARY",
        help="torch: random setups against the PyTorch that is installed here",
    )
    knobs.add_argument(
        "--setups",
        metavar="COUNT",
        help=f"how many of them: {SETUPS.allowed} (default: {SETUPS.default})",
    )
    knobs.add_argument(
        "--seed",
        metavar="SEED",
        help=f"of their random numbers: {SEED.allowed} (default: {SEED.default})",
    )
    add_formats(parser.add_argument_group("what to print"), ".txt .csv .json")


def _add_list_options(parser: Parser) -> None:
    parser.add_argument(
        "name",
        nargs="?",
        choices=Names(
            dict.fromkeys((*ACTIVATIONS, *GATED, *CELL_INITIALISATIONS, *INITIALISATIONS))
        ),
        metavar="NAME",
        help="an activation such as tanh or 'leaky_relu(0.2)', a recurrent cell such as lstm, "
        "or an initialisation such as chrono",
    )
    group = parser.add_argument_group("what to print")
    add_formats(group, ".txt .csv .json")
    add_language(group)
