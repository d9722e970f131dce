"""What is known of a recurrent cell, in words: for the app's page."""

from __future__ import annotations

from collections.abc import Mapping

from gradtui.mathematics.activations import activation
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.views.facts import largest, where_largest

Facts = list[tuple[str, str]]

_BACK = "∂h_t/∂h_{t-1}"
_GATED: Mapping[str, Facts] = {
    "gru": [
        ("gates", "r, z = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)"),
        ("candidate", "ñ = tanh(W_in x_t + b_in + r ∘ (W_hn h_{t-1} + b_hn))"),
        ("h_t", "(1 - z) ∘ ñ + z ∘ h_{t-1}"),
        (_BACK, "diag(z) and what goes through the gates and ñ"),
        ("keeps", "z: where it is open, at 1, h_{t-1} stays as it is"),
        ("in PyTorch", "torch.nn.GRU, the gates in the order r, z, n"),
        ("source", "Cho et al., EMNLP 2014"),
    ],
    "lstm": [
        ("gates", "i, f, o = σ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)"),
        ("candidate", "ĝ = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)"),
        ("c_t", "f ∘ c_{t-1} + i ∘ ĝ"),
        ("h_t", "o ∘ tanh(c_t)"),
        ("∂c_t/∂c_{t-1}", "diag(f) and what goes through the gates and ĝ"),
        ("keeps", "f, the forget gate: where it is open, at 1, c_{t-1} stays as it is"),
        ("in PyTorch", "torch.nn.LSTM, the gates in the order i, f, g, o"),
        (
            "source",
            "Hochreiter & Schmidhuber, Neural Computation 9, 1997; forget gate: Gers, Schmidhuber "
            "& Cummins, Neural Computation 12, 2000",
        ),
    ],
}
_RNN = ("tanh", "relu")
"""The activations that torch.nn.RNN has."""


def facts_of_cell(cell: str) -> Facts:
    """What is known of a cell, a name and a value each."""
    blocks = GATED.get(cell, 1)
    rows = f"{blocks}n" if blocks > 1 else "n"
    shapes = (
        f"weight_ih_l0 [{rows}, n_in], weight_hh_l0 [{rows}, n], bias_ih_l0 [{rows}], "
        f"bias_hh_l0 [{rows}]"
    )
    found = _GATED[cell] if cell in GATED else _vanilla(cell)
    return [*found[:-1], ("parameters", shapes), found[-1]]


def _vanilla(cell: str) -> Facts:
    f = activation(cell)
    torch = [("in PyTorch", f'torch.nn.RNN(nonlinearity="{cell}")')] if cell in _RNN else []
    return [
        ("h_t", "f(z_t), z_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh"),
        ("f(z)", f.formula),
        ("f′(z)", f.derivative_formula),
        (_BACK, "diag(f′(z_t)) W_hh"),
        ("largest |f′|", f"{largest(f, 7)} {where_largest(f)}"),
        *torch,
        ("source", "Elman, Finding structure in time, Cognitive Science 14, 1990"),
    ]
