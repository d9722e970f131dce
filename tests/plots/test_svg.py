"""Figures as files: well-formed SVG, PDF that readers open, PNG in which words are seen."""

from __future__ import annotations

import re
import sys
import unicodedata
import zlib
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.errors import InputError
from gradtui.plots import png as png_module
from gradtui.plots.pdf import pdf
from gradtui.plots.png import check_png, png
from gradtui.plots.shapes import Drawing, Fill, Stroke, Words, broken, rectangle, runs, text_width
from gradtui.plots.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def drawing(*shapes: Stroke | Fill | Words, title: str = "a title") -> Drawing:
    return Drawing(200, 100, "#ffffff", shapes, title, "a description")


def parsed(*shapes: Stroke | Fill | Words, title: str = "a title") -> ElementTree.Element:
    return ElementTree.fromstring(svg(drawing(*shapes, title=title)))


def words(root: ElementTree.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


LINE = Stroke([[(1.0, 2.0), (30.0, 4.5)]], "#0064a6", 2.0, (7, 3.5), (0.0, 0.0, 50.0, 40.0))
BOX = Fill([rectangle(10, 20, 30, 40)], "#a86200", 0.25)

# ------------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("1e-8", [("10", False), ("−8", True)]),
        ("3.2e-33", [("3.2×10", False), ("−33", True)]),
        ("1e5 of it", [("10", False), ("5", True), (" of it", False)]),
        ("-1.5", [("−1.5", False)]),
        ("z = -2", [("z = −2", False)]),
        ("5-95 %", [("5–95 %", False)]),
        ("leaky_relu(-0.2)", [("leaky_relu(−0.2)", False)]),
        ("kaiming-normal", [("kaiming-normal", False)]),
        ("abc1e5", [("abc1e5", False)]),
        ("#1e5f2a", [("#1e5f2a", False)]),
    ],
)
def test_a_number_is_set_as_books_do(text: str, set_as: list[tuple[str, bool]]) -> None:
    assert list(runs(text)) == set_as


def test_an_exponent_is_raised_and_the_line_goes_on_below() -> None:
    root = parsed(Words((10, 20), "2e-4 left", 10, "#000000"))
    (text,) = root.iter(f"{SVG}text")
    raised, after = text.iter(f"{SVG}tspan")
    assert (text.text, raised.text, after.text) == ("2×10", "−4", " left")
    assert float(raised.attrib["dy"]) < 0
    assert float(raised.attrib["dy"]) == -float(after.attrib["dy"])


def test_long_text_is_broken_between_words() -> None:
    lines = broken("one two three four five six seven", 10, 60)
    assert " ".join(lines) == "one two three four five six seven"
    assert len(lines) > 2
    assert all(text_width(line, 10) <= 60 for line in lines)


# ----------------------------------------------------------------------------- SVG


def test_it_is_well_formed_and_says_what_it_is() -> None:
    root = parsed(LINE, BOX, Words((5, 5), "f′(z)", 11, "#000000"))
    assert root.attrib["viewBox"] == "0 0 200 100"
    assert root.attrib["aria-label"] == "a title"
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == (
        "a title",
        "a description",
    )
    assert words(root) == ["f′(z)"]


def test_a_stroke_is_one_path_with_its_colour_width_dash_and_clip() -> None:
    root = parsed(LINE)
    clip = root.find(f"{SVG}clipPath")
    assert clip is not None
    (path,) = root.iter(f"{SVG}g").__next__().iter(f"{SVG}path")
    assert path.attrib["d"] == "M1 2L30 4.5"
    assert path.attrib["stroke"] == "#0064a6"
    assert path.attrib["stroke-width"] == "2"
    assert path.attrib["stroke-dasharray"] == "7 3.5"
    assert path.attrib["clip-path"] == f"url(#{clip.attrib['id']})"


def test_the_font_is_one_that_every_system_has_one_of() -> None:
    assert svg(drawing()).split('font-family="')[1].split('"')[0].endswith("sans-serif")


def test_nothing_is_drawn_for_a_shape_without_points() -> None:
    empty = drawing(Stroke([], "#000000"), Fill([[]], "#000000"))
    assert "<path" not in svg(empty)
    assert pdf(empty).startswith(b"%PDF-1.4")


@given(st.text(max_size=40))
def test_any_text_whatever_is_escaped(text: str) -> None:
    root = parsed(Words((5, 5), text, 11, "#000000"), title=text)
    shown = "".join(words(root))
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Cn", "Co"}
    assert pdf(drawing(Words((5, 5), text, 11, "#000000"), title=text)).endswith(b"%%EOF\n")


def test_the_same_drawing_gives_the_same_bytes() -> None:
    shapes = (LINE, BOX, Words((5, 5), "1e-8", 11, "#000000", bold=True, halo="#ffffff"))
    assert svg(drawing(*shapes)) == svg(drawing(*shapes))
    assert pdf(drawing(*shapes)) == pdf(drawing(*shapes))


# ----------------------------------------------------------------------------- PDF


def content(file: bytes) -> str:
    packed = file[file.index(b"stream\n") + 7 : file.index(b"\nendstream")]
    return zlib.decompress(packed).decode("cp1252")


def test_a_pdf_s_table_points_at_its_objects() -> None:
    file = pdf(drawing(LINE, BOX, Words((5, 5), "σw = 1.5", 11, "#000000")))
    start = int(file.split(b"startxref\n")[1].split(b"\n")[0])
    assert file[start:].startswith(b"xref\n")
    entries = re.findall(rb"(\d{10}) 00000 n ", file[start:])
    assert len(entries) >= 7
    for number, place in enumerate(entries, 1):
        assert file[int(place) :].startswith(b"%d 0 obj\n" % number)


def test_a_pdf_paints_every_shape() -> None:
    text = content(pdf(drawing(LINE, BOX, Words((5, 5), "σ 2", 11, "#000000"))))
    assert "1 2 m 30 4.5 l" in text
    assert "[7 3.5] 0 d" in text
    assert "0 0 50 40 re W n" in text
    assert "10 20 m 40 20 l 40 60 l 10 60 l h" in text
    # σ is s in Symbol's encoding; Helvetica has the rest.
    assert re.search(r"/S 11 Tf .* <73> Tj", text)
    assert re.search(r"/F 11 Tf .* <2032> Tj", text)


def test_text_that_ends_at_a_point_is_as_wide_as_adobe_says() -> None:
    """Helvetica's digits are 556 thousandths wide, its full stop 278."""
    text = content(pdf(drawing(Words((100, 5), "1.25", 10, "#000000", "end"))))
    at = re.search(r"1 0 0 1 (-[\d.]+) 0 Tm", text)
    assert at is not None
    assert float(at[1]) == pytest.approx(-(3 * 5.56 + 2.78))


# ----------------------------------------------------------------------------- PNG


def test_words_are_seen_in_a_png() -> None:
    empty, written = (
        png(svg(drawing(*shapes))) for shapes in ((), (Words((20, 50), "10", 30, "#000000"),))
    )
    assert empty.startswith(b"\x89PNG")
    # Two pixels a point.
    assert int.from_bytes(empty[16:20], "big") == 400
    assert int.from_bytes(empty[20:24], "big") == 200
    assert empty != written


def test_without_resvg_a_png_is_refused_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(png_module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'gradtui\[figures\]'.*\.svg") as caught:
        check_png("a.png")
    assert caught.value.field == "output"


def test_without_fonts_a_png_is_refused_and_not_written_without_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resvg = pytest.importorskip("resvg_py")
    draw = resvg.svg_to_bytes

    class Fontless:
        @staticmethod
        def svg_to_bytes(**options: object) -> bytes:
            return bytes(draw(**options, skip_system_fonts=True))

    monkeypatch.setitem(sys.modules, "resvg_py", Fontless)
    with pytest.raises(InputError, match="no font"):
        png(svg(drawing(Words((20, 50), "10", 30, "#000000"))))
