"""How gradtui behaves in this terminal: each setting by flag, environment, file or default.

A setting is declared once, in `SETTINGS`. The nearest source wins: the flag on the command line,
then the environment variable, then the settings file, then the default.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gradtui.errors import InputError, printable, shown
from gradtui.files import home, read_text

AUTO = "auto"

_MOST_BYTES = 262_144
_MOST_PARTS = 100
"""Of a key: each part of it takes TOML's reader as long as all before."""


@dataclass(frozen=True)
class Setting:
    """A choice: its name (also in the file), its values, what it is for."""

    name: str
    choices: tuple[str, ...]
    help: str
    default: str = AUTO

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"GRADTUI_{self.name.upper()}"

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return f"--{self.name}"


@dataclass(frozen=True)
class Chosen:
    """A setting's value and where it came from."""

    value: str
    source: str


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "marker",
            (AUTO, "braille", "block", "dot", "ascii"),
            "what curves are drawn with; auto: braille, ascii where the locale is not UTF-8",
        ),
        Setting(
            "colors",
            (AUTO, "16", "256", "truecolor", "none"),
            "how many colours; auto: what TERM, COLORTERM and NO_COLOR say",
        ),
        Setting(
            "mouse",
            (AUTO, "on", "off"),
            "whether the app takes the mouse; auto: not over SSH, where it would hinder selecting",
        ),
        Setting(
            "threads",
            (AUTO, "1", "2", "4", "8", "16", "32", "64"),
            "threads of numpy's linear algebra; auto: 1, for a host may be shared",
        ),
    )
}


def settings_file() -> Path:
    """`$XDG_CONFIG_HOME/gradtui/settings.toml`, by default under ~/.config."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    # The specification: a relative path is to be ignored.
    base = Path(configured) if configured.startswith("/") else home() / ".config"
    return base / "gradtui" / "settings.toml"


def resolve(flags: Mapping[str, str | None] | None = None) -> dict[str, Chosen]:
    """Every setting's value and source.

    Raises:
        InputError: a value that is not a choice, or a file that is not TOML; it names the place.
    """
    file = settings_file()
    from_file = _read(file)
    for name in from_file:
        if name not in SETTINGS:
            raise InputError(
                printable(str(file)), name, f"one of {', '.join(SETTINGS)}", "take the line out"
            )
    resolved: dict[str, Chosen] = {}
    for setting in SETTINGS.values():
        sources = (
            (setting.flag, (flags or {}).get(setting.name)),
            (f"environment variable {setting.variable}", os.environ.get(setting.variable) or None),
            (printable(str(file)), from_file.get(setting.name)),
            ("default", setting.default),
        )
        source, value = next((where, what) for where, what in sources if what is not None)
        if value not in setting.choices:
            raise InputError(
                f"{setting.name} ({source})",
                value,
                f"one of {', '.join(setting.choices)}",
                f"try {setting.default}",
            )
        resolved[setting.name] = Chosen(value, source)
    return resolved


def _read(file: Path) -> dict[str, str]:
    """The settings file as text values; nothing where there is none."""
    try:
        text = read_text(file, _MOST_BYTES)
        _check_keys(text)
        import tomllib  # most have no such file, and wait for the first paint

        content = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:  # TOML's, UTF-8's, an endless number
        end = f"line {text.count(chr(10)) + 1}, the last" if "end of document" in str(error) else ""
        reason = str(error).replace("end of document", end)
        raise _unreadable(file, f"readable as TOML: {reason}") from None
    except OSError as error:
        raise _unreadable(file, f"a file that can be read: {error.strerror}") from None
    values = {True: "on", False: "off"}
    return {
        name: values[value]
        if isinstance(value, bool)
        else shown(value)
        if isinstance(value, int | float)
        else str(value)
        for name, value in content.items()
    }


def _check_keys(text: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        key = line.partition("=")[0].partition("#")[0]
        if key.count(".") >= _MOST_PARTS:
            raise ValueError(f"line {number} has a key of more than {_MOST_PARTS} parts")


def _unreadable(file: Path, allowed: str) -> InputError:
    step = f"mend or remove {printable(str(file))}"
    return InputError("settings file", file.name, printable(allowed), step)


# ------------------------------------------------------------ what auto means

_NO_COLOUR = ("vt52", "vt100", "vt102", "vt220", "dumb", "unknown")


def colours(chosen: str) -> str:
    """One of 16, 256, truecolor and none, for this terminal."""
    if chosen != AUTO:
        return chosen
    term = os.environ.get("TERM", "").lower()
    if os.environ.get("NO_COLOR") or term in _NO_COLOUR or not term:
        return "none"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor"
    return "256" if "256color" in term else "16"


def encodes_unicode(encoding: str | None) -> bool:
    """Whether every character that we write has a place in it."""
    name = (encoding or "utf-8").lower().replace("-", "").replace("_", "")
    return name in ("utf8", "utf8sig", "cp65001")


def shows_unicode(encoding: str | None) -> bool:
    """Whether more than ASCII is shown by what this encoding leads to.

    In the C locale Python writes UTF-8 all the same, to a terminal that was told otherwise, unless
    Python is asked for it by a variable of its own.
    """
    own = os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8") == "1"
    return encodes_unicode(encoding) and bool(own or _locale() not in ("C", "POSIX"))


def language() -> str:
    """Of the languages of lessons the one that the locale asks for, in the order of POSIX."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    told = next((told for name in names if (told := os.environ.get(name))), "")
    return "ko" if told.partition("_")[0].partition(".")[0] == "ko" else "en"


def _locale() -> str:
    """What the terminal was told of characters, in the order of POSIX; "" if nothing."""
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if sys.flags.utf8_mode and os.environ.get("LC_CTYPE") in ("C.UTF-8", "C.utf8", "UTF-8"):
        names.remove("LC_CTYPE")  # Python's own, in the place of C (PEP 538)
    return next((told for name in names if (told := os.environ.get(name))), "")


def marker(chosen: str, *, utf8: bool) -> str:
    """One of the canvas's markers."""
    if chosen != AUTO:
        return chosen
    return "braille" if utf8 else "ascii"


def mouse(chosen: str) -> bool:
    """Whether to take the mouse."""
    remote = any(os.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))
    return chosen == "on" or (chosen == AUTO and not remote)


THREADS_OF = (
    "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS",
)  # fmt: skip
"""The variables by which linear algebra libraries are told how many threads they may start."""


def cap_threads(chosen: str) -> None:
    """Limit the threads of every linear algebra library that numpy may be built with.

    They read it once, when numpy is imported. What the user set in the environment stays. More
    than one thread gains little for matrices of a few hundred units, and where the processors
    have other work to do it costs much: threads that wait for one another spin.
    """
    threads = "1" if chosen == AUTO else chosen
    for name in THREADS_OF:
        os.environ.setdefault(name, threads)
