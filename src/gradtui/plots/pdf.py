"""A drawing as PDF 1.4 (ISO 32000-1), in the fonts that every reader has: no font is embedded.

Letters are Helvetica's; Greek and mathematics come from Symbol, what neither has is spelled in
ASCII. Coordinates are points, so a figure has the size that its SVG has.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from itertools import groupby

from gradtui.errors import printable
from gradtui.plots.ascii import to_ascii
from gradtui.plots.shapes import RAISED, SMALLER, Box, Drawing, Fill, Point, Words, runs

_SYMBOL = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ∂−′≤≥∞√∏∑→←↑↓∇∈≈≠∫∀",
        "abgdezhqiklmnxprstufcyw\x47\x44\x51\x4c\x58\x50\x53\x46\x59\x57"
        "\xb6\x2d\xa2\xa3\xb3\xa5\xd6\xd5\xe5\xae\xac\xad\xaf\xd1\xce\xbb\xb9\xf2\x22",
        strict=True,
    )
)
"""The code of each character in Symbol's own encoding."""
_LIKE = {"‖": "||", **dict(zip("●⊕◆◇∅▷◁✓✗▲", "••••0><+x!", strict=True))}
_SMALL = dict(zip("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789" * 2 + "−", strict=True))
"""Digits set below and above the line, as plain ones."""

_HELVETICA = {
    **dict.fromkeys("abdeghnopqu0123456789LEF£¥$#?_•", 556),
    **dict.fromkeys("ijl'", 222), **dict.fromkeys(" .,:;!/\\|ftI[]", 278),
    **dict.fromkeys("()-r`", 333), **dict.fromkeys("ckvxyszJ", 500),
    **dict.fromkeys("ABKPSVXYEZ&", 667), **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("+<=>~×÷±", 584), "m": 833, "M": 833, "W": 944, "T": 611, "Z": 611, "F": 611,
    "%": 889, "@": 1015, "*": 389, "^": 469, "–": 556, "|": 260, '"': 355, "{": 334, "}": 334,
    "L": 556, "t": 278, "f": 278, "°": 400, "·": 278,
}  # fmt: skip
"""Adobe's widths of Helvetica, in thousandths of the size; 556 for what is not listed."""
_GREEK = {"σ": 603, "∂": 494, "′": 247, "−": 549, "∞": 713, "→": 987, "χ": 549, "π": 549, "√": 549}
"""Adobe's widths of Symbol; 603 for what is not listed."""
_BOLD = 1.06
"""How much wider Helvetica-Bold is, about."""


def pdf(drawing: Drawing) -> bytes:
    """The drawing as a file of one page; the same drawing always gives the same bytes."""
    opacities = sorted({s.opacity for s in drawing.shapes if isinstance(s, Fill)} | {1.0})
    names = {opacity: f"/O{at}" for at, opacity in enumerate(opacities)}
    content = "\n".join(_page(drawing, names)).encode("cp1252", "replace")
    packed = zlib.compress(content, 9)
    states = " ".join(f"{name} << /ca {opacity:g} >>" for opacity, name in names.items())
    fonts = "/F 4 0 R /B 5 0 R /S 6 0 R"
    box = f"[0 0 {drawing.width} {drawing.height}]"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 7 0 R "
        f"/Resources << /Font << {fonts} >> /ExtGState << {states} >> >> >>".encode("ascii"),
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{name}{encoding} >>".encode("ascii")
            for name, encoding in (
                ("Helvetica", " /Encoding /WinAnsiEncoding"),
                ("Helvetica-Bold", " /Encoding /WinAnsiEncoding"),
                ("Symbol", ""),
            )
        ),
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
        b"<< /Title <%s> /Producer (gradtui) >>" % _utf16(drawing.title),
    ]
    parts, places = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], []
    for number, body in enumerate(objects, 1):
        places.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start, count = sum(map(len, parts)), len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % count)
    parts += [b"%010d 00000 n \n" % place for place in places]
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    parts.append(trailer % (count, count - 1, start))
    return b"".join(parts)


def _page(drawing: Drawing, opacities: dict[float, str]) -> Iterator[str]:
    """The operators that paint the page, in coordinates that run down as the drawing's do."""
    height = drawing.height
    yield f"1 0 0 -1 0 {height} cm 1 j"
    yield f"{_colour(drawing.background)} rg 0 0 {drawing.width} {height} re f"
    for shape in drawing.shapes:
        if isinstance(shape, Words):
            yield from _words(shape)
            continue
        pieces = [piece for piece in shape.pieces if piece]
        if not pieces:
            continue
        yield "q"
        if shape.clip is not None:
            yield f"{_box(shape.clip)} re W n"
        if isinstance(shape, Fill):
            yield f"{opacities[shape.opacity]} gs {_colour(shape.colour)} rg"
            yield from (_path(piece) + " h" for piece in pieces)
            yield "f"
        else:
            dash = " ".join(_n(length) for length in shape.dash)
            yield f"{_colour(shape.colour)} RG {_n(shape.width)} w [{dash}] 0 d"
            yield from map(_path, pieces)
            yield "S"
        yield "Q"


def _words(shape: Words) -> Iterator[str]:
    """The text in stretches of one font and size; a rim is the same text drawn thick before it."""
    stretches = [
        (*look, "".join(code for *_, code, _ in same), sum(width for *_, width in same))
        for look, group in groupby(_characters(shape), key=lambda one: one[:3])
        for same in [list(group)]
    ]
    wide = sum(width for *_, width in stretches)
    start = {"start": 0.0, "middle": -wide / 2, "end": -wide}[shape.anchor]
    x, y = shape.at
    turn = "0 -1 -1 0" if shape.turned else "1 0 0 -1"
    for colour, mode in ((shape.halo, 2), (shape.colour, 0)):
        if not colour:
            continue
        yield f"q {turn} {_n(x)} {_n(y)} cm BT {mode} Tr {_colour(colour)} rg"
        if mode:
            yield f"{_colour(colour)} RG 3 w 1 j"
        at = start
        for font, size, rise, code, width in stretches:
            yield f"/{font} {_n(size)} Tf 1 0 0 1 {_n(at)} {_n(rise)} Tm <{code}> Tj"
            at += width
        yield "ET Q"


def _characters(shape: Words) -> Iterator[tuple[str, float, float, str, float]]:
    """Font, size, rise, code and width of each character."""
    for text, raised in runs(printable(shape.text)):
        for character in text:
            small = _SMALL.get(character)
            lifted = raised or (small is not None and ord(character) < 0x2080)
            size = shape.size * (SMALLER if raised or small is not None else 1.0)
            rise = RAISED * shape.size if lifted else -0.15 * shape.size if small else 0.0
            plain = small or character
            if plain in _SYMBOL:
                wide = _GREEK.get(plain, 603) * size / 1000
                yield "S", size, rise, f"{ord(_SYMBOL[plain]):02x}", wide
                continue
            for letter in _in_latin(plain):
                wide = _HELVETICA.get(letter, 556) * size / 1000 * (_BOLD if shape.bold else 1.0)
                code = letter.encode("cp1252").hex()
                yield "B" if shape.bold else "F", size, rise, code, wide


def _in_latin(character: str) -> str:
    """The character, or what stands for it in Windows' Latin, which Helvetica is encoded in."""
    character = _LIKE.get(character, character)
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        base = unicodedata.normalize("NFKD", character)[0]
        return base if base.isascii() else to_ascii(character)
    return character


def _path(points: Sequence[Point]) -> str:
    first, *rest = (f"{_n(x)} {_n(y)}" for x, y in points)
    return f"{first} m " + " ".join(f"{point} l" for point in rest)


def _box(box: Box) -> str:
    return " ".join(map(_n, box))


def _colour(text: str) -> str:
    return " ".join(_n(int(text[at : at + 2], 16) / 255, 3) for at in (1, 3, 5))


def _n(value: float, digits: int = 2) -> str:
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _utf16(text: str) -> bytes:
    return ("\ufeff" + printable(text)).encode("utf-16-be").hex().encode("ascii")
