"""Make the pictures in this folder from the real app.

    python screenshots/make.py [NAME ...]

The app runs without a terminal, is driven by its keys, and exports its screen, which is written
as a PNG. The drawing needs a font that has braille one cell wide, and one with Korean; Debian's
fonts-agave and fonts-nanum-coding are such.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import sys
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import resvg_py
from rich.console import Console
from rich.text import Text

from gradtui import cli
from gradtui.app.appearance import Appearance
from gradtui.app.main import GradTUI
from gradtui.app.state import State
from gradtui.lessons import LESSONS

HERE = Path(__file__).parent
FONT = "Agave"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", str(Path.home() / ".fonts"))

TEXT = re.compile(r'(<text [^>]*?)x="([\d.]+)"([^>]*?)textLength="([\d.]+)"([^>]*)>([^<]*)</text>')


@dataclass(frozen=True)
class Shot:
    """A picture: how large the terminal is, which keys are pressed, in which theme and look."""

    name: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    theme: str = "dark"
    appearance: Appearance = field(default_factory=Appearance)


SHOTS = (
    Shot("decay", (100, 32)),
    Shot("derivative", (100, 32), ("1", "left", "left", "left")),
    Shot("chain", (100, 32), ("s", "1", "right", "right")),
    Shot("chain-deep", (100, 32), ("2", "shift+right", "home", "shift+right")),
    Shot("decay-network", (100, 32), ("s", "b")),
    Shot("layers", (100, 32), ("s", "e", "right", "right")),
    Shot("spectrum", (100, 32), ("s", "d")),
    Shot("phase", (100, 32), ("s", "c", "C")),
    Shot("blocks", (100, 36), ("s", "f", "tab")),
    Shot("phase-alpha", (100, 36), ("6", "j", "A", *"alpha", "enter")),
    Shot("init", (100, 36), ("s", "9")),
    Shot("time", (100, 32), ("8",)),
    Shot("run", (100, 36), ("9", "exclamation_mark", "left")),
    Shot("light", (100, 32), theme="light"),
    Shot("80x24-16-colours", (80, 24), theme="terminal"),
    Shot("80x24-no-colour", (80, 24), appearance=Appearance(colours="none")),
    Shot("80x24-ascii", (80, 24), appearance=Appearance(marker="ascii", unicode=False)),
    Shot("lesson", (100, 32), ("o", "2", "end", *["left"] * 8)),
    Shot("lesson-ko", (100, 32), ("o", "2", "end", *["left"] * 8, "g")),
    Shot("question", (100, 32), ("o", *["down"] * len(LESSONS), *["down"] * 8, "enter")),
    Shot("help", (100, 32), ("question_mark",)),
)


PRINTED = {"verify": ("verify", "--group", "chains", "--color", "always", "--width", "100")}
"""Commands whose output is a picture, by its name."""


def printed(words: Sequence[str]) -> str:
    """What a command prints, as SVG."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        cli.main(words)
    width = int(words[-1])
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(out.getvalue()))
    return console.export_svg(title="gradtui")


async def take(shot: Shot) -> str:
    """The app's screen as SVG."""
    app = GradTUI(State(theme=shot.theme), shot.appearance)
    async with app.run_test(size=shot.size) as pilot:
        await settle(app, pilot)
        for key in shot.keys:
            await pilot.press(key)
        await settle(app, pilot)
        return app.export_screenshot(title="gradtui", simplify=True)


async def settle(app: GradTUI, pilot: object) -> None:
    """Wait until the picture on the screen is the one that was asked for, and complete."""
    for _ in range(3000):
        await pilot.pause(0.02)  # type: ignore[attr-defined]
        if app.settled:
            return
    raise TimeoutError("the app still computes")


def cells(character: str) -> int:
    """How many cells it takes, an entity of XML one."""
    return 2 if unicodedata.east_asian_width(character[0]) in "WF" else 1


def one_by_one(match: re.Match[str]) -> str:
    """A run of text with a cell for each character that is not plain.

    Where the font lacks one character, the drawing takes the whole run from another font.
    """
    head, x, middle, length, tail, text = match.groups()
    characters = re.findall(r"&[^;]+;|.", text)
    if not characters:
        return str(match[0])
    cell = float(length) / len(characters)  # of a run of wide ones, too
    runs: list[tuple[int, list[str]]] = []
    at = 0
    for character in characters:
        plain = character.isascii()
        if plain and runs and runs[-1][1][-1].isascii():
            runs[-1][1].append(character)
        else:
            runs.append((at, [character]))
        at += cells(character)
    return "".join(
        f'{head}x="{float(x) + at * cell:g}"{middle}'
        f'textLength="{cell * sum(map(cells, run)):g}"{tail}>{"".join(run)}</text>'
        for at, run in runs
    )


def png(svg: str) -> bytes:
    """The drawing as a PNG, in a font that has every character."""
    svg = TEXT.sub(one_by_one, svg.replace("Fira Code", FONT))
    with tempfile.NamedTemporaryFile("w", suffix=".svg", encoding="utf-8") as file:
        file.write(svg)
        file.flush()
        return bytes(
            resvg_py.svg_to_bytes(
                svg_path=file.name,
                font_dirs=[folder for folder in FONT_FOLDERS if Path(folder).is_dir()],
                monospace_family=FONT,
            )
        )


def browser() -> bytes | None:
    """The page of `gradtui serve` in Chromium, as a PNG; None where there is none."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    from support.chromium import MISSING, Driver
    from support.serving import Serving

    if MISSING:
        print(f"serve: no {MISSING} here (Debian: chromium, chromium-driver)", file=sys.stderr)
        return None
    with Serving() as serving, Driver() as driver:
        page = driver.open(serving.url, (1100, 760))
        try:
            page.shows("sigmoid vanishing with depth")
            page.press("3")
            page.shows("by layer", "float32", "sigmoid vanishing", "Of 200 random chains")
            page.press(*["right"] * 6)
            page.shows("layer 7 ")
            return page.picture()
        finally:
            page.close()


def main(names: list[str]) -> None:
    """Make the named pictures, or all."""
    for shot in SHOTS:
        if not names or shot.name in names:
            file = HERE / f"{shot.name}.png"
            file.write_bytes(png(asyncio.run(take(shot))))
            print(file)
    if (not names or "serve" in names) and (drawn := browser()) is not None:
        (HERE / "serve.png").write_bytes(drawn)
        print(HERE / "serve.png")
    for name, words in PRINTED.items():
        if not names or name in names:
            file = HERE / f"{name}.png"
            file.write_bytes(png(printed(words)))
            print(file)


if __name__ == "__main__":
    main(sys.argv[1:])
