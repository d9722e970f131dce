"""A drawing as SVG: paths and words, in fonts that every system has one of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from gradtui.errors import printable
from gradtui.plots.shapes import (
    RAISED,
    SMALLER,
    Box,
    Drawing,
    Fill,
    Point,
    Shape,
    Words,
    runs,
)

_FONT = "'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', 'Liberation Sans', sans-serif"


def svg(drawing: Drawing) -> str:
    """The drawing as a standalone file; the same drawing always gives the same bytes."""
    size = f'width="{drawing.width}" height="{drawing.height}"'
    clips = _clips(drawing.shapes)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
            f'viewBox="0 0 {drawing.width} {drawing.height}" role="img" '
            f"aria-label={quoteattr(printable(drawing.title))}>",
            f"<title>{escape(printable(drawing.title))}</title>",
            *([f"<desc>{escape(printable(text))}</desc>"] if (text := drawing.description) else []),
            *(
                f'<clipPath id="{name}"><path d="{_box(box)}"/></clipPath>'
                for box, name in clips.items()
            ),
            f'<rect {size} fill="{drawing.background}"/>',
            f'<g font-family="{_FONT}">',
            *(line for shape in drawing.shapes for line in _element(shape, clips)),
            "</g>",
            "</svg>\n",
        )
    )


def _clips(shapes: Sequence[Shape]) -> dict[Box, str]:
    boxes = dict.fromkeys(shape.clip for shape in shapes if not isinstance(shape, Words))
    return {box: f"plot{at}" for at, box in enumerate(box for box in boxes if box is not None)}


def _element(shape: Shape, clips: dict[Box, str]) -> Iterator[str]:
    if isinstance(shape, Words):
        yield _words(shape)
        return
    path = "".join(_piece(piece, isinstance(shape, Fill)) for piece in shape.pieces)
    if not path:
        return
    clip = f' clip-path="url(#{clips[shape.clip]})"' if shape.clip is not None else ""
    if isinstance(shape, Fill):
        opacity = f' fill-opacity="{shape.opacity:g}"' if shape.opacity < 1.0 else ""
        crisp = ' shape-rendering="crispEdges"' if shape.crisp else ""
        yield f'<path fill="{shape.colour}"{opacity}{crisp}{clip} d="{path}"/>'
    else:
        dash = f' stroke-dasharray="{" ".join(f"{d:g}" for d in shape.dash)}"' if shape.dash else ""
        yield (
            f'<path fill="none" stroke="{shape.colour}" stroke-width="{shape.width:g}" '
            f'stroke-linejoin="round"{dash}{clip} d="{path}"/>'
        )


def _words(shape: Words) -> str:
    x, y = shape.at
    parts, lift = [], f"{RAISED * shape.size:.4g}"
    lowered = False
    for text, raised in runs(printable(shape.text)):
        if raised:
            size = f"{SMALLER * shape.size:.4g}"
            parts.append(f'<tspan dy="-{lift}" font-size="{size}">{escape(text)}</tspan>')
        elif lowered:
            parts.append(f'<tspan dy="{lift}">{escape(text)}</tspan>')
        else:
            parts.append(escape(text))
        lowered = raised
    return "".join(
        (
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{shape.size:g}" fill="{shape.colour}"',
            f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else "",
            ' font-weight="bold"' if shape.bold else "",
            f' transform="rotate(-90 {_n(x)} {_n(y)})"' if shape.turned else "",
            f' stroke="{shape.halo}" stroke-width="3" paint-order="stroke"' if shape.halo else "",
            ">",
            *parts,
            "</text>",
        )
    )


def _piece(points: Sequence[Point], closed: bool) -> str:
    if not points:
        return ""
    text = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    return text + "Z" if closed else text


def _box(box: Box) -> str:
    left, top, width, height = map(_n, box)
    return f"M{left} {top}h{width}v{height}h-{width}Z"


def _n(value: float) -> str:
    """A coordinate to a hundredth; zero has one writing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
