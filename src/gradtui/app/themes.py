"""The themes, and the colour that each role of a picture has in them."""

from __future__ import annotations

from dataclasses import replace

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

from gradtui.plots.palette import DARK, DARK_GROUNDS, LIGHT, LIGHT_GROUNDS
from gradtui.plots.picture import CURVES, curve_role


def _bands(colours: dict[str, str], grounds: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(f"{colours[role]} on {grounds[role]}" for role in grounds if side in role)
        for side in ("vanishing", "exploding")
    )


# The curves are Okabe and Ito's palette (2008), told apart by the colour-blind too, made
# lighter or darker where the background asks for it. Figures have these of light and dark too.
_CURVES = {
    "dark": tuple(DARK[curve_role(index)] for index in range(CURVES)),
    "light": tuple(LIGHT[curve_role(index)] for index in range(CURVES)),
    "contrast": ("#ffb000", "#66ccff", "#00ff9c", "#ffff66", "#ff99dd", "#ff8855"),
    "terminal": (
        "bright_yellow",
        "bright_cyan",
        "bright_green",
        "bright_magenta",
        "bright_white",
        "bright_red",
    ),
    "mono": ("",) * 6,
}
# A map's strengths, from the faintest: glyph and ground, one hue for each side, so that the
# colour-blind have both the hue and the glyph.
_BANDS = {
    "dark": _bands(DARK, DARK_GROUNDS),
    "light": _bands(LIGHT, LIGHT_GROUNDS),
    "contrast": (
        ("#9fc4ff on #06121f", "#b8d4ff on #0a2340", "#dcebff on #103a6b", "#ffffff on #17509a"),
        ("#ffc98a on #1f1204", "#ffd6a3 on #3b2106", "#ffe6c7 on #5f3408", "#ffffff on #84400c"),
    ),
    "terminal": (("cyan", "cyan", "bright_cyan", "bright_cyan"),
                 ("bright_yellow", "bright_yellow", "bright_red", "bright_red")),
    "mono": (("",) * 4,) * 2,
}  # fmt: skip
_SHARED = ("", "muted", "axis", "spread", "good", "bad", "warn", "key", "cursor")
_ROLES = {
    "dark": {
        **{role: DARK[role] for role in _SHARED},
        "title": f"bold {DARK['title']}", "brand": f"bold {DARK['key']}",
        "here": "bold #ffffff on #36415a", "pointer": f"bold {DARK['key']}",
        "infinite": f"{DARK['infinite']} on {DARK_GROUNDS['infinite']}",
    },
    "light": {
        **{role: LIGHT[role] for role in _SHARED},
        "title": f"bold {LIGHT['title']}", "brand": f"bold {LIGHT['key']}",
        "here": "bold #000000 on #cfdcf3", "pointer": f"bold {LIGHT['key']}",
        "infinite": f"{LIGHT['infinite']} on {LIGHT_GROUNDS['infinite']}",
    },
    "contrast": {
        "": "#ffffff", "muted": "#d0d0d0", "axis": "#b0b0b0", "spread": "#c0d0ff",
        "good": "#00ff88", "bad": "#ff9080", "warn": "#ffff00", "key": "#00ffff",
        "cursor": "#ffffff", "title": "bold #ffffff", "brand": "bold #00ffff",
        "here": "bold #000000 on #ffffff", "pointer": "bold #00ffff",
        "infinite": "#ffffff on #8a1810",
    },
    "terminal": {
        "": "default", "muted": "default", "axis": "default", "spread": "cyan",
        "good": "bright_green", "bad": "bright_red", "warn": "bright_yellow",
        "key": "bright_cyan", "cursor": "bold default", "title": "bold default",
        "brand": "bold bright_cyan", "here": "reverse", "pointer": "bold bright_cyan",
        "infinite": "bright_red",
    },
    # No colour at all, not even the default one; letters, dashes and marks say everything.
    "mono": {
        "": "", "muted": "", "axis": "", "spread": "", "good": "", "bad": "bold", "warn": "bold",
        "key": "bold", "cursor": "bold", "title": "bold", "brand": "bold", "here": "reverse",
        "pointer": "bold", "infinite": "bold",
    },
}  # fmt: skip


def styles(theme: str) -> dict[str, Style]:
    """The style of every role."""
    chosen = dict(_ROLES[theme])
    chosen |= {f"curve{index}": colour for index, colour in enumerate(_CURVES[theme])}
    for side, strengths in zip(("vanishing", "exploding"), _BANDS[theme], strict=True):
        chosen |= {f"{side}{strength}": style for strength, style in enumerate(strengths, 1)}
    return {role: Style.parse(text) for role, text in chosen.items()}


def _theme(name: str, background: str, surface: str, *, dark: bool) -> Theme:
    roles = _ROLES[name]
    return Theme(
        name=f"gradtui-{name}",
        primary=roles["key"],
        secondary=roles["spread"],
        accent=roles["key"],
        warning=roles["warn"],
        error=roles["bad"],
        success=roles["good"],
        foreground=roles[""],
        background=background,
        surface=surface,
        panel=surface,
        dark=dark,
    )


_ANSI = BUILTIN_THEMES["ansi-dark"]
TEXTUAL_THEMES = (
    _theme("dark", "#11151c", "#1b2230", dark=True),
    _theme("light", "#fbfbfd", "#eef1f6", dark=False),
    _theme("contrast", "#000000", "#101010", dark=True),
    # Textual's own theme of the terminal's 16 colours, under our name.
    replace(_ANSI, name="gradtui-terminal"),
    # The same; what colour it gives is taken out again before it is sent.
    replace(_ANSI, name="gradtui-mono"),
)


def in_colours(theme: str, colours: str) -> str:
    """The theme that does for `theme` in a terminal with so many colours."""
    return {"none": "mono", "16": "terminal"}.get(colours, theme)
