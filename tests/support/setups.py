"""Setups drawn at random: every knob at any value that it may have, and all of them together."""

from __future__ import annotations

from hypothesis import strategies as st

from gradtui.mathematics.layer_values import LayerValues
from gradtui.setup import CHOICE, Loss, Setup
from gradtui.setup.sequences import Inputs

SPECS = (
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "leaky_relu(0.2)",
    "elu(1e-05)",
    "threshold(0.1, 20)",
    "softplus",
    "gelu_tanh",
    "identity",
    "sin(30)",
    "silu(2)",
)
INITS = (
    "pytorch_linear",
    "kaiming_normal",
    "kaiming_normal(gain=1.5)",
    "orthogonal",
    "normal(sigma_w=1.2, sigma_b=0.1)",
    "critical(sigma_b2=0.05)",
    "kaiming_uniform(mode=fan_out, nonlinearity=tanh)",
    "xavier_normal(gain=5/3)",
    "variance_scaling(scale=2, mode=fan_avg)",
    "normal(std=0.02)",
    "siren",
)
CELLS = ("tanh", "lstm", "gru", "relu", "leaky_relu(0.2)")
CELL_INITS = ("pytorch", "keras", "gaussian(0.9)", "orthogonal", "identity(0.5)", "radius(0.9)")
numbers = st.floats(-1e100, 1e100)


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    """Any setup that holds together."""
    depth = draw(st.integers(1, 12) | st.integers(1, 100_000))
    activations = tuple(draw(st.lists(st.sampled_from(SPECS), min_size=1, max_size=6, unique=True)))

    def values(spread: st.SearchStrategy[float]) -> LayerValues:
        forms = [st.builds(lambda w: LayerValues((w,)), numbers),
                 st.builds(lambda std: LayerValues(std=std), spread)]  # fmt: skip
        if depth <= 12:
            lists = st.lists(numbers, min_size=depth, max_size=depth)
            forms.append(lists.map(lambda one: LayerValues(tuple(one))))
        return draw(st.one_of(forms))

    low = draw(st.floats(-1e6, 1e6 - 1))
    # Narrower than that there are no numbers between the two to draw.
    high = draw(st.floats(low + 1e-3, 1e6))
    spreads = st.floats(0, 1e100)
    model = draw(st.sampled_from(CHOICE))
    most = 6 if len(activations) == 1 else 1
    inits = tuple(draw(st.lists(st.sampled_from(INITS), min_size=1, max_size=most, unique=True)))
    units: st.SearchStrategy[int | tuple[int, ...]] = st.integers(1, 4096)
    if depth <= 12:
        lists = st.lists(st.integers(1, 4096), min_size=depth + 1, max_size=depth + 1)
        units |= lists.map(tuple)
    cells = tuple(draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=5, unique=True)))
    most = 6 if len(cells) == 1 else 1
    lists = st.lists(st.sampled_from(CELL_INITS), min_size=1, max_size=most, unique=True)
    cell_inits = tuple(draw(lists))
    steps = draw(st.integers(1, 10_000))
    limits = tuple(sorted(draw(st.tuples(st.floats(0, 10), st.floats(11, 1e3)))))
    return Setup.of(
        activations=activations,
        focus=draw(st.sampled_from(("", *activations))),
        depth=depth,
        weights=values(spreads),
        biases=values(spreads),
        x=draw(numbers),
        loss=draw(st.builds(Loss, numbers) | st.builds(lambda t: Loss(target=t), numbers)),
        seed=draw(st.integers(0, 2**32 - 1)),
        samples=draw(st.integers(1, 100_000)),
        threshold=draw(st.floats(1e-300, 0.999)),
        z_range=(low, high),
        z=draw(st.floats(low, high)),
        layer=draw(st.integers(1, depth)),
        model=model,
        init=inits,
        units=draw(units),
        batch=draw(st.integers(1, 4096)),
        networks=draw(st.integers(1, 10_000)),
        sigma_w_range=draw(st.sampled_from((limits, None))),
        sigma_w=draw(st.floats(*limits)),
        sigma_b_range=draw(st.sampled_from((limits, None))),
        sigma_b=draw(st.floats(*limits)),
        cells=cells,
        cell_init=cell_inits,
        forget_bias=draw(st.none() | st.floats(-100, 100)),
        steps=steps,
        lag=draw(st.integers(0, steps)),
        hidden_size=draw(st.integers(1, 1024)),
        inputs=Inputs(draw(st.sampled_from(("noise", "zeros")))),
        input_size=draw(st.integers(1, 1024)),
        input_scale=draw(st.floats(0, 1e6)),
        truncate=draw(st.integers(0, 10_000)),
        batch_size=draw(st.integers(1, 1024)),
        picture=draw(st.sampled_from(("curves", "map", "singular", "shares"))),
        lag_axis=draw(st.sampled_from(("linear", "log"))),
        clip=draw(st.floats(0, 1e300)),
        draws=draw(st.integers(1, 10_000)),
        against=draw(st.sampled_from(("sigma_b", "depth", "alpha"))),
        alpha_range=draw(st.sampled_from((limits, None))),
        alpha=draw(st.floats(*limits)),
        branch_norm=draw(st.sampled_from(("none", "layer", "rms"))),
    )
