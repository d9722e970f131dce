"""SVG as PNG, drawn by resvg, which the extra `figures` installs."""

from __future__ import annotations

from importlib.util import find_spec

from gradtui.errors import InputError

_SCALE = 2
"""Pixels a point: sharp on a screen of high density and on a slide."""
_PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">{}</svg>'


def check_png(file: str) -> None:
    """Complain, before anything is computed, where no PNG can be drawn.

    Raises:
        InputError: resvg is not installed.
    """
    if find_spec("resvg_py") is None:
        raise InputError(
            "output",
            file,
            "a file that can be written without the package resvg-py",
            "pip install 'gradtui[figures]' brings it, or name a file that ends in .svg",
        )


def png(svg: str) -> bytes:
    """The drawing in pixels, two a point.

    Raises:
        InputError: there is no font to write its words with.
    """
    import resvg_py

    family = svg[svg.index('font-family="') :].split('"')[1]
    word = f'<text x="4" y="15" font-family="{family}">1</text>'
    empty, written = (resvg_py.svg_to_bytes(svg_string=_PROBE.format(w)) for w in ("", word))
    if bytes(empty) == bytes(written):
        raise InputError(
            "output",
            "png",
            "possible here: no font without serifs is installed",
            "install one such as DejaVu Sans, or name a file that ends in .svg or .pdf",
        )
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=_SCALE))
