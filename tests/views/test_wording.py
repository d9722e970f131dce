"""Numbers as a reader wants them, from magnitudes that float64 may not hold."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.wording import (
    counted,
    decade,
    decade_cells,
    digits_apart,
    factor,
    magnitude,
    number,
    percent,
    percent_of,
    plain,
    rate,
    share_of,
    subscript,
)


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (0.0, "1"),
        (-math.inf, "0"),
        (math.log10(0.065), "0.065"),
        (math.log10(1.3e-24), "1.3e-24"),
        (math.log10(0.25), "0.25"),
        (math.log10(1.5), "1.5"),
        (math.log10(0.001), "0.001"),
        (1.0, "10"),
        (3.0, "1000"),
        (4.0, "1e4"),
        (-6484.0, "1e-6484"),
        (-6484.0 + math.log10(2.5), "2.5e-6484"),
        (100_000.0, "1e100000"),
        (math.log10(9.99e-7), "1e-6"),
        (math.log10(9.5367e-7), "9.5e-7"),
        (math.log10(0.0996), "0.1"),
        (math.log10(0.996), "1"),
    ],
)
def test_a_magnitude_is_written_in_two_digits(log10: float, text: str) -> None:
    assert magnitude(log10) == text


@given(st.floats(-5000, 5000), st.integers(1, 6))
def test_a_magnitude_reads_back_as_itself_to_its_digits(log10: float, digits: int) -> None:
    """Half a unit of the last digit; the rest is log10's own rounding, 5000 ulps at most."""
    true = Decimal(10) ** Decimal(log10)
    shown = Decimal(magnitude(log10, digits))
    assert abs(shown / true - 1) <= Decimal("0.50001") * Decimal(10) ** (1 - digits)
    assert float(shown.log10()) == pytest.approx(log10, abs=0.5 * 10.0 ** (1 - digits))


@given(st.floats(-400, 400), st.floats(-400, 400))
def test_a_larger_magnitude_is_never_written_smaller(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert Decimal(magnitude(low)) <= Decimal(magnitude(high))


@given(st.floats(-1e6, 1e6))
def test_a_magnitude_is_short(log10: float) -> None:
    assert len(magnitude(log10)) <= len("9.9e-1000000")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.222222, "0.222"),
        (-1.5, "-1.5"),
        (1e-12, "1e-12"),
        (0.0, "0"),
        (1e100, "1e100"),
        (50, "50"),
    ],
)
def test_a_plain_number_in_three_digits(value: float, text: str) -> None:
    assert plain(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_plain_number_reads_back(value: float) -> None:
    assert float(plain(value)) == float(f"{value:.3g}")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_named(value: float) -> None:
    assert plain(value) == str(value)


def test_a_tick_of_a_logarithmic_axis() -> None:
    assert [decade(at) for at in (0.0, -8.0, 12.0)] == ["1", "1e-8", "1e12"]


def test_a_subscript_has_every_digit() -> None:
    assert subscript(1234567890) == "₁₂₃₄₅₆₇₈₉₀"


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.066, "6.6 %"), (0.25, "25 %"), (0.0, "0 %"), (1e-9, "1e-7 %")],
)
def test_a_share_as_a_percentage(share: float, text: str) -> None:
    assert percent(share) == text


@given(st.floats(1e-300, 10.0))
def test_a_percentage_is_0_only_for_nothing_and_100_only_for_all(share: float) -> None:
    text = percent(share)
    assert text != "0 %"
    assert (text == "100 %") == (abs(share - 1.0) < 1e-12)


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (math.log10(0.9997), "99.97 %"),
        (math.log10(0.9994), "99.94 %"),
        (math.log10(0.996), "99.6 %"),
        (math.log10(0.99), "99 %"),
        (math.log10(1.002), "100.2 %"),
        (math.log1p(-1e-9) / math.log(10), "almost 100 %"),
        (math.log1p(1e-9) / math.log(10), "just over 100 %"),
        (-402.0, "1e-400 %"),
        (-math.inf, "0 %"),
        (0.0, "100 %"),
    ],
)
def test_a_percentage_tells_what_is_next_to_all_from_all(log10: float, text: str) -> None:
    assert percent_of(log10) == text


@pytest.mark.parametrize(
    ("log10", "text"),
    [(-32.5, "×3.2e-33"), (0.0, "×1"), (math.log10(2.3e5), "×2.3e5"), (-math.inf, "×0")],
)
def test_a_factor_says_that_it_multiplies(log10: float, text: str) -> None:
    assert factor(log10) == text


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (0.0, "all of layer 50's gradient"),
        (1e-13, "all of layer 50's gradient"),
        (math.log10(0.998), "almost all of layer 50's gradient"),
        (math.log10(1.003), "slightly more than layer 50's gradient"),
        (math.inf, "more than ×10^1e308 of layer 50's gradient"),
        (math.log10(0.065), "×0.065 of layer 50's gradient"),
        (math.log10(2.3e5), "×2.3e5 of layer 50's gradient"),
        (math.log10(1.5), "×1.5 of layer 50's gradient"),
        (-math.inf, "none of layer 50's gradient"),
    ],
)
def test_a_share_in_words(log10: float, text: str) -> None:
    assert share_of(log10, "layer 50's gradient") == text


def test_an_exponent_that_is_beyond_all_digits_is_no_row_of_digits() -> None:
    assert magnitude(-1.9074723668e76) == "10^-1.9e76"
    assert rate(-6.56e75) == "×10^-6.6e75"
    assert magnitude(-123456789.0) == "1e-123456789"


@pytest.mark.parametrize(
    ("value", "log10", "text"),
    [
        (0.25, math.log10(0.25), "0.25"),
        (-12345.0, math.log10(12345.0), "-1.23e4"),
        (0.0, -math.inf, "0"),
        (-0.0, -math.inf, "0"),
        (0.0, -400.0, "1e-400"),
        (-0.0, -400.0 + math.log10(2.5), "-2.5e-400"),
        (math.inf, 350.0, "1e350"),
        (-math.inf, 4.3e104, "-10^4.3e104"),
    ],
)
def test_a_number_beyond_float64_is_told_by_its_power_of_ten(
    value: float, log10: float, text: str
) -> None:
    assert number(value, log10) == text


@given(st.floats(-400, 400), st.floats(1e-8, 3.0), st.booleans())
def test_two_numbers_that_are_compared_are_never_printed_alike(
    log10: float, off: float, more: bool
) -> None:
    other = log10 + (off if more else -off)
    digits = digits_apart(log10, other)
    assert magnitude(log10, digits) != magnitude(other, digits)
    if digits > 2:
        assert magnitude(log10, digits - 1) == magnitude(other, digits - 1)


def test_a_number_that_is_the_other_has_its_two_digits() -> None:
    assert digits_apart(-3.0, -3.0) == 2
    assert digits_apart(-math.inf, -3.0) == 2


@given(st.floats(-1e110, 1e110), st.floats(-1e110, 1e110))
def test_there_is_room_for_every_tick_of_a_logarithmic_axis(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    for digits in (1, 2):  # what ticks have
        tick = float(f"{low:.{digits}g}")
        if low <= tick <= high:
            assert len(decade(tick)) <= decade_cells(low, high) + 1 * (abs(tick) >= 1e100)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0009999, "0.001"), (0.001, "0.001"), (9999.7, "1e4"), (1e4, "1e4"), (9899.0, "9899")],
)
def test_a_number_has_one_form(value: float, text: str) -> None:
    assert magnitude(math.log10(value)) == text


def test_one_of_something_is_one() -> None:
    texts = [counted(n, "unit") for n in (0, 1, 2, 1_000)]
    assert texts == ["0 units", "1 unit", "2 units", "1,000 units"]
