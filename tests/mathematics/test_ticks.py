"""Long computations tell how far they are and can be stopped, also between two rows of a layer.

How long it is from one tick to the next is a matter of the machine: what is held here is the work
between them, by what is counted or with pieces made small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradtui.mathematics import pieces
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.mathematics.network.flow import gradient_flow
from gradtui.mathematics.network.spectrum import jacobian_spectra, jacobian_spectrum
from gradtui.mathematics.recurrent.flow import recurrent_flow
from gradtui.mathematics.recurrent.jacobian import recurrent_jacobian
from gradtui.mathematics.recurrent.random_cells import random_cell
from gradtui.mathematics.wide.advice import advise, log10_ratio
from gradtui.mathematics.wide.path import ratios_by_depth
from gradtui.progress import Stopped, Tick

Work = Callable[[Tick], Any]


def layers(n: int, depth: int, scale: float = 1.0) -> list[np.ndarray]:
    rng = np.random.default_rng(n)
    return [scale * rng.normal(size=(n, n)) / np.sqrt(n) for _ in range(depth)]


def rows(batch: int, n: int) -> np.ndarray:
    return np.random.default_rng(batch).normal(size=(batch, n))


def flow(name: str, n: int, batch: int, scale: float = 1.0, **options: Any) -> Work:
    x, u, b = rows(batch, n), rows(batch, n), [0.1 * rows(1, n)[0]] * 3
    w = layers(n, 3, scale)
    return lambda tick: gradient_flow(name, w, b, x, u, tick=tick, **options)


def cell(name: str, scale: float = 1.0, **options: Any) -> Work:
    blocks = {"lstm": 4, "gru": 3}.get(name, 1)
    p = {
        "weight_ih_l0": rows(blocks * 6, 2),
        "weight_hh_l0": 0.3 * scale * rows(blocks * 6, 6),
    }
    x = rows(140, 2).reshape(70, 2, 2)
    return lambda tick: recurrent_flow(name, p, x, rows(2, 6), tick=tick, **options)


COMPUTATIONS: dict[str, Work] = {
    "a flow": flow("tanh", 40, 30),
    "a flow, looked into": flow("gelu", 40, 30, bins=5),
    "a flow beyond floats": flow("tanh", 40, 30, 1e-130, layers=True),
    "an exploding flow": flow("relu", 40, 30, 1e125),
    "an RNN": cell("tanh", by_step=True),
    "a GRU": cell("gru"),
    "a GRU in its tails": cell("gru", 300.0),
    "an LSTM": cell("lstm"),
    "an exploding RNN": cell("relu", 1e125),
    "a cell's spectrum": lambda tick: recurrent_jacobian(
        "lstm", random_cell("lstm", 2, 9), rows(20, 2), (2, 20), tick=tick
    ),
    "a random cell": lambda tick: random_cell("lstm", 30, 50, "orthogonal", 1, tick=tick),
    "normal weights": lambda tick: random_network([30] * 5, "normal", "tanh", 1, tick=tick),
    "orthogonal weights": lambda tick: random_network(
        [90, 200, 70], "orthogonal", "tanh", 1, tick=tick
    ),
    "advice": lambda tick: advise("tanh", 300, tick=tick),
    "a ratio": lambda tick: log10_ratio("relu", np.ones(3), np.zeros(3), 450, tick=tick),
    "ratios by depth": lambda tick: ratios_by_depth(
        "silu", np.ones(3), 0.1, 1.0, np.array([1.0, 90.0, 450.0]), tick=tick
    ),
    "a spectrum": lambda tick: jacobian_spectrum(
        "tanh", layers(24, 20, 3.0), None, rows(1, 24)[0], tick=tick
    ),
    "spectra": lambda tick: list(
        jacobian_spectra("relu", layers(24, 9), None, rows(1, 24)[0], (2, 5, 9), tick=tick)
    ),
}


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces so small that these layers are large."""
    monkeypatch.setattr(pieces, "MULTIPLICATIONS", 20_000)
    monkeypatch.setattr(pieces, "NUMBERS", 200)
    for module in ("arrays", "backward"):
        monkeypatch.setattr(f"gradtui.mathematics.network.{module}.MULTIPLICATIONS", 20_000)
    monkeypatch.setattr("gradtui.mathematics.network.arrays.NUMBERS", 200)
    monkeypatch.setattr("gradtui.mathematics.recurrent.parameters.MULTIPLICATIONS", 2_000)
    monkeypatch.setattr("gradtui.mathematics.recurrent.flow.TOGETHER", 200)
    monkeypatch.setattr("gradtui.mathematics.recurrent.flow.MULTIPLICATIONS", 2_000)
    monkeypatch.setattr("gradtui.mathematics.network.forward._BLOCK", 50)
    monkeypatch.setattr("gradtui.mathematics.network.forward._BLOCKS_A_TICK", 3)
    monkeypatch.setattr("gradtui.mathematics.initialisation.draw.MULTIPLICATIONS", 20_000)
    monkeypatch.setattr("gradtui.mathematics.initialisation.draw._AT_ONCE", 200)


def numbers_of(result: Any) -> list[np.ndarray]:
    """Every array in a result, however it is put together; not in how many pieces it was found."""
    if isinstance(result, np.ndarray | float | int):
        return [np.asarray(result)]
    if isinstance(result, list | tuple):
        return [array for item in result for array in numbers_of(item)]
    if isinstance(result, dict):
        return [array for item in result.values() for array in numbers_of(item)]
    if hasattr(result, "__dict__"):
        besides = ("activation", "cell", "pieces")
        return [a for name, item in vars(result).items() if name not in besides
                for a in numbers_of(item)]  # fmt: skip
    return []


def same(one: Any, other: Any) -> bool:
    pairs = zip(numbers_of(one), numbers_of(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def watched(work: Work) -> tuple[list[float], Any]:
    """The shares that were told, and the result."""
    shares: list[float] = []
    return shares, work(shares.append)


@pytest.mark.parametrize("name", COMPUTATIONS)
@pytest.mark.parametrize("small", [False, True])
def test_shares_rise_from_above_0_to_1(
    name: str, small: bool, request: pytest.FixtureRequest
) -> None:
    if small:
        request.getfixturevalue("small_pieces")
    shares, _ = watched(COMPUTATIONS[name])
    assert shares[0] > 0.0
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_stopped_at_any_tick_it_ends_there_and_then_is_as_it_was(
    name: str, small_pieces: None
) -> None:
    work = COMPUTATIONS[name]
    shares, expected = watched(work)
    assert numbers_of(expected)
    # Every tick of a few, some forty of many.
    for last in range(1, len(shares) + 1, max(1, len(shares) // 40)):
        count = 0

        def tick(share: float, last: int = last) -> None:
            nonlocal count
            count += 1
            if count == last:
                raise Stopped

        before = np.geterr()
        with pytest.raises(Stopped):
            work(tick)
        assert count == last
        assert np.geterr() == before
    again, result = watched(work)
    assert again == shares
    assert same(result, expected)


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_in_pieces_it_is_the_same_but_for_the_last_digits(
    name: str, request: pytest.FixtureRequest
) -> None:
    _, whole = watched(COMPUTATIONS[name])
    request.getfixturevalue("small_pieces")
    _, apart = watched(COMPUTATIONS[name])
    for got, expected in zip(numbers_of(apart), numbers_of(whole), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "shape", [(3, 400, 5), (400, 3, 400), (90, 400, 2), (2, 400, 90), (1, 9, 1)]
)
def test_a_product_in_tiles_is_the_product(
    shape: tuple[int, int, int], small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_, inner, columns = shape
    x, w = rows(rows_, inner), rows(inner, columns)
    tiles, matmul = [], np.matmul

    def counted(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
        tiles.append(a.shape[0] * a.shape[1] * b.shape[1])
        return matmul(a, b, out=out)

    monkeypatch.setattr(np, "matmul", counted)
    shares: list[float] = []
    out = pieces.product(x, w, np.full((rows_, columns), np.nan), shares.append)
    np.testing.assert_allclose(out, x @ w, rtol=1e-12, atol=1e-12)
    assert sum(tiles) == rows_ * inner * columns
    assert max(tiles) <= 20_000
    assert len(shares) == len(tiles) - 1


def test_what_no_tile_can_hold_goes_row_by_row_and_column_by_column(small_pieces: None) -> None:
    x, y = rows(3, 30_000), rows(30_000, 2)
    out = pieces.product(x, y, np.empty((3, 2)), lambda share: None)
    np.testing.assert_allclose(out, x @ y, rtol=1e-12)


def test_the_product_of_grams_is_that_of_the_whole(small_pieces: None) -> None:
    x, y = rows(50, 60), rows(50, 30)
    shares: list[float] = []
    got = pieces.gram_product(x, y, shares.append)
    assert got == pytest.approx(float(np.vdot(x @ x.T, y @ y.T)), rel=1e-12)
    assert len(shares) > 4


def test_a_large_layer_is_many_ticks_and_a_small_one_none_of_its_own() -> None:
    """1,024 units and as many inputs: 2^30 multiplications a product, and three of them."""
    w, x = layers(1024, 1), rows(1024, 1024)
    shares, _ = watched(lambda tick: gradient_flow("tanh", w, None, x, x, tick=tick))
    assert len(shares) > 3 * (2**30 / pieces.MULTIPLICATIONS - 1)
    shares, _ = watched(
        lambda tick: gradient_flow("tanh", layers(64, 8), None, x[:8, :64], x[:8, :64], tick=tick)
    )
    assert len(shares) == 2


def test_an_elimination_ticks_between_pivots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where complete pivoting takes over, a layer of n units costs some n³ slow operations."""
    from gradtui.mathematics.network import graded

    size = 64
    graded._eliminated(
        np.zeros(size), rows(size, size), np.zeros(size), (shares := []).append
    )  # fmt: skip
    assert len(shares) >= size // graded._PIVOTS_A_TICK - 1
