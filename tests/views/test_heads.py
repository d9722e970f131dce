"""The titles of the numbers: none is the name of a field, and no two are the same."""

from __future__ import annotations

import pytest

from gradtui.progress import unwatched
from gradtui.views import VIEWS
from gradtui.views.heads import head

CASES = [(name, family) for name, view in VIEWS.items() for family in view.families or ("",)]


@pytest.mark.parametrize(("name", "family"), CASES)
def test_every_column_has_a_title_in_the_words_of_the_screen(name: str, family: str) -> None:
    view = VIEWS[name]
    few = view.default_setup.with_(
        networks=2, units=8, samples=2, depth=3, steps=3, hidden_size=8, draws=2
    )
    setup = (few.with_(model=family) if family else few).clamped()
    *_, result = view.results(setup, unwatched)
    titles = [head(column) for column in view.table(result)[0]]
    assert len({*titles}) == len(titles)
    for title in titles:
        assert "_" not in title
        assert "sigma" not in title
        assert "grad " not in title


@pytest.mark.parametrize(
    ("column", "title"),
    [
        ("log10_abs_derivative", "log10 |f′(z)|"),
        ("log10_grad_w", "log10 |∂L/∂w|"),
        ("log10_grad_a_50", "log10 ‖∂L/∂a‖ 50 %"),
        ("log10_random_5", "log10 random 5 %"),
        ("log10_ratio_95", "log10 95 %"),
        ("log10_ratio_theory", "log10 theory"),
        ("critical_sigma_w", "critical σw"),
        ("sigma_w_low", "σw low"),
        ("gradient_float16", "gradient float16"),
        ("z_bin_5", "z bin 5"),
    ],
)
def test_a_title_says_what_the_name_says(column: str, title: str) -> None:
    assert head(column) == title
