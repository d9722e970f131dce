"""`gradtui serve`: the app in a browser."""

from __future__ import annotations

import argparse
import textwrap
from importlib.util import find_spec

from gradtui import settings
from gradtui.app.state import THEMES
from gradtui.cli.options import WIDTH, examples
from gradtui.cli.parser import Parser, add_app_options
from gradtui.cli.streams import narrate
from gradtui.errors import CommandError, InputError
from gradtui.serving.bounds import BOUNDS, Site, folders_named, host_named, url_named

_HOST = Site.host


_WHAT = (
    "Serves the app to browsers: a process for each visitor, whose state is thrown away. It asks "
    "for no password: whoever reaches the port can use it. Visitors read no file of this machine "
    "but runs in the folders named, and what they save goes to their browser."
)


def add_serve(found: argparse._SubParsersAction[Parser], commands: dict[str, Parser]) -> None:
    """The command's arguments."""
    parser = commands["serve"] = found.add_parser(
        "serve",
        help="the app in a browser, for a class without terminals",
        usage="gradtui serve [OPTION ...]",
        description=textwrap.fill(_WHAT, WIDTH),
        epilog=examples(
            "gradtui serve",
            "gradtui serve --visitors 30 --idle 20 --folder runs",
            "gradtui serve --public-url https://class.example.org/gradtui/",
        ),
    )
    group = parser.add_argument_group("where, and within which bounds")
    group.add_argument(
        "--host",
        metavar="HOST",
        default=_HOST,
        help=f"the address to listen on (default: {_HOST}, which only this machine reaches)",
    )
    for bound in BOUNDS.values():
        group.add_argument(
            f"--{bound.flag}",
            metavar=(bound.unit or bound.flag).upper(),
            help=f"{bound.help}: {bound.allowed} (default: {bound.default:g})",
        )
    group.add_argument(
        "--public-url", metavar="URL", help="the address that visitors open, behind a proxy"
    )
    group.add_argument(
        "--folder",
        metavar="PATH",
        action="append",
        help="a folder whose runs visitors may read; may be given several times",
    )
    add_app_options(parser, THEMES)


def serve(options: argparse.Namespace) -> int:
    """Serve until a signal ends it, and give the exit status.

    Raises:
        InputError, CommandError: an option is wrong, or the port cannot be had.
    """
    if options.forget:
        raise CommandError("option: --forget is of the app in a terminal; nothing of a visitor is "
                           "remembered, so leave it out")  # fmt: skip
    read = {name: bound.read(getattr(options, name)) for name, bound in BOUNDS.items()}
    chosen = settings.resolve({name: getattr(options, name) for name in settings.SETTINGS})
    site = Site(
        host=host_named(options.host),
        port=int(read["port"]),
        public_url="" if options.public_url is None else url_named(options.public_url),
        visitors=int(read["visitors"]),
        idle=read["idle"],
        memory=int(read["memory"]),
        folders=folders_named(options.folder or []),
        theme=options.theme,
        settings={name: one.value for name, one in chosen.items()},
    )
    if any(find_spec(name) is None for name in ("textual_serve", "aiohttp")):
        raise InputError(
            "command",
            "serve",
            "possible without the package textual-serve",
            "pip install 'gradtui[web]' brings it",
        )
    from gradtui.serving.server import Server

    return Server(site, lambda text: narrate(f"gradtui: {text}\n")).run()
