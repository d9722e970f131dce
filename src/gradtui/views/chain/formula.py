"""∂L/∂w₁ as a product: its symbols in chain row, their numbers in the next."""

from __future__ import annotations

import numpy as np

from gradtui.mathematics.chain import Chain
from gradtui.plots.picture import Row, Span, row_text
from gradtui.wording import magnitude, plain, subscript


def formula(chain: Chain, layer: int, width: int) -> list[Row]:
    """∂L/∂w₁ as a product, its symbols in chain row and their numbers in the next.

    What fits is written whole. Of a deep chain stand both ends and the cursor's neighbourhood.
    """
    if chain.depth <= width // 8:  # f′(z)·w· is the least that a layer takes
        whole = _columns(chain, range(chain.depth, 0, -1))
        for gap in (" · ", "·"):
            rows = _lay_out(chain, whole, gap)
            if len(row_text(rows[0])) <= width:
                return rows
    for layers in ({chain.depth, 1, layer}, {chain.depth, 1}, {1}):
        best = _lay_out(chain, _columns(chain, sorted(layers, reverse=True)), "·")
        if len(row_text(best[0])) <= width:
            break
    for extra in (layer + 1, layer - 1, chain.depth - 1, 2, layer + 2, layer - 2):
        if not 1 <= extra <= chain.depth:
            continue
        rows = _lay_out(chain, _columns(chain, sorted(layers | {extra}, reverse=True)), "·")
        if len(row_text(rows[0])) > width:
            break
        layers.add(extra)
        best = rows
    return best


_Column = tuple[str, str, str]
"""A symbol, its number, its role."""


def _columns(chain: Chain, layers: range | list[int]) -> list[_Column]:
    """The factors of these layers from the loss back, with an ellipsis for those left out."""
    top = chain.depth
    columns: list[_Column] = [
        (f"∂L/∂a{subscript(top)}", _signed(chain.upstream.sign, chain.log10_upstream), "")
    ]
    previous = top + 1
    for layer in layers:
        if layer != previous - 1:
            columns.append(("⋯", "⋯", "muted"))
        slope = _signed(int(np.sign(chain.derivatives[layer - 1])) or 1,
                        float(chain.log10_derivatives[layer - 1]))  # fmt: skip
        columns.append((f"f′(z{subscript(layer)})", slope, "curve0"))
        if layer > 1:
            columns.append(
                (f"w{subscript(layer)}", plain(float(chain.weights[layer - 1])), "curve1")
            )
        previous = layer
    columns.append(("x", plain(chain.x), ""))
    return columns


def _signed(sign: int, log10: float) -> str:
    return ("-" if sign < 0 else "") + magnitude(log10, 3)


def _lay_out(chain: Chain, columns: list[_Column], gap: str) -> list[Row]:
    head = _signed(int(chain.signs[0]), float(chain.log10_gradients[0]))
    columns = [("∂L/∂w₁", head, "title"), *columns]
    rows: list[Row] = []
    for which in (0, 1):
        spans: list[Span] = []
        for index, column in enumerate(columns):
            wide = max(len(column[0]), len(column[1]))
            spans.append(Span(column[which].center(wide), column[2]))
            if index == 0:
                spans.append(Span(" = "))
            elif index < len(columns) - 1:
                spans.append(Span(gap, "muted"))
        rows.append(tuple(spans))
    return rows
