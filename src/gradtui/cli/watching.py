"""Watching runs that are being written: in the app, or as lines that tell each new verdict."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gradtui import settings
from gradtui.cli.opening import check_terminal
from gradtui.cli.streams import emit, is_terminal, narrate
from gradtui.errors import CommandError, InputError, printable
from gradtui.models.finding import Finding
from gradtui.models.recorded.judged import Judged, diagnose
from gradtui.models.recorded.symptoms import symptoms_of
from gradtui.plots.picture import CURVES
from gradtui.runs.folders import find_runs
from gradtui.runs.following import Follower, Piped
from gradtui.runs.naming import runs_named
from gradtui.runs.reading import STANDARD_INPUT
from gradtui.runs.run import Run
from gradtui.runs.shelf import EVERY, Stamp

_UNHEALTHY = 1


def watch(options: argparse.Namespace) -> int:
    """Show the runs as they grow, and give the exit status.

    Raises:
        CommandError: there are too many, or standard input among others.
    """
    paths = tuple(dict.fromkeys(one for path in options.paths for one in _runs_in(path)))
    if len(paths) > CURVES:
        raise CommandError(f"path: {len(paths)} runs are given; name at most {CURVES}")
    if STANDARD_INPUT in paths and len(paths) > 1:
        raise CommandError("path: - is watched alone; leave it out, or the others")
    if options.until is None and STANDARD_INPUT not in paths and is_terminal(sys.stdout):
        return _in_app(options, paths)
    if paths == (STANDARD_INPUT,):
        if sys.stdin is None:
            raise InputError("path", "-", "open: there is no standard input", "name a file")
        heard = _piped(sys.stdin.fileno())
    else:
        heard = _followed(paths)
    return _in_lines(heard, until=options.until is not None, bell=options.bell)


def _runs_in(path: str) -> tuple[str, ...]:
    """The path itself, which need not be there yet; of a folder with several runs all of them."""
    if not (path and Path(path).is_dir() and len(find_runs(path)) > 1):
        return (path,)
    return runs_named("path", path, CURVES)


def _in_app(options: argparse.Namespace, paths: tuple[str, ...]) -> int:
    check_terminal("--until unhealthy does without")
    from gradtui.app.opening import open_app

    chosen = settings.resolve({name: getattr(options, name) for name in settings.SETTINGS})
    return open_app(chosen, fresh=True, theme=options.theme, watched=paths, bell=options.bell)


# ---------------------------------------------------------------------- in lines


def _followed(paths: tuple[str, ...]) -> Iterator[tuple[str, Run | InputError]]:
    """Whatever is new of these files, for ever."""
    followers = [Follower(path) for path in paths]
    seen: dict[str, Stamp] = {}
    while True:
        for follower in followers:
            found = follower.poll(seen.get(follower.path))
            if found is not None:
                run, seen[follower.path] = found
                yield follower.path, run
        time.sleep(EVERY)


def _piped(descriptor: int) -> Iterator[tuple[str, Run | InputError]]:
    """Whatever is new on standard input, until it ends."""
    piped = Piped(descriptor)
    while not piped.ended:
        found = piped.poll(EVERY)
        if found is not None:
            yield STANDARD_INPUT, found


def _in_lines(heard: Iterator[tuple[str, Run | InputError]], *, until: bool, bell: bool) -> int:
    """A line for each verdict that is another than the one before."""
    told: dict[str, tuple[object, str]] = {}
    failing: set[str] = set()
    for path, run in heard:
        if isinstance(run, InputError):
            if path not in failing:
                failing.add(path)
                narrate(f"gradtui: {run}; waiting for it\n")
            continue
        failing.discard(path)
        judged = Judged(path, run, symptoms_of(run))
        verdict = judged.kind, judged.symptoms[0].layer if judged.symptoms else ""
        if told.get(path) == verdict:
            continue
        told[path] = verdict
        emit(_line(path, run, diagnose(judged)) + "\a" * (bell and is_terminal(sys.stdout)))
        if until and judged.kind.role == "bad":
            return _UNHEALTHY
    return 0


def _line(path: str, run: Run, finding: Finding) -> str:
    where = "" if path == STANDARD_INPUT else f"{printable(path)} "
    step = int(run.steps[-1])
    return f"{where}step {step:,}: {finding.kind.mark} {printable(finding.sentence)}\n"
