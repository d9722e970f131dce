"""Lines to paste that draw weights N(0, σw²/n_in) and biases N(0, σb²) in three frameworks.

Each is code that runs, with σw and σb in it as they are advised, and the framework's own fan-in of
every layer. All three are asked for the plain normal distribution: "he_normal" and its like cut it
off at two standard deviations in JAX and Keras. As of PyTorch 2.13, Flax 0.12 and Keras 3.15.
"""

from __future__ import annotations

import math
from collections.abc import Mapping


def lines_to_paste(sigma_w: float, sigma_b: float) -> Mapping[str, str]:
    """The lines for each framework, by its name.

    Args:
        sigma_w: √n_in times the standard deviation of a weight; the gain of a `kaiming_normal`.
        sigma_b: the standard deviation of a bias.
    """
    return {
        "PyTorch": _pytorch(sigma_w, sigma_b),
        "JAX/Flax": _flax(sigma_w, sigma_b),
        "Keras": _keras(sigma_w, sigma_b),
    }


def _pytorch(sigma_w: float, sigma_b: float) -> str:
    """`kaiming_normal_` knows √2 by the name of ReLU; it takes no other gain."""
    if is_root_2(sigma_w):
        weights = 'torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")'
    else:
        weights = (
            f"std = {sigma_w!r} / layer.in_features**0.5\n"
            "        torch.nn.init.normal_(layer.weight, std=std)"
        )
    biases = f"normal_(layer.bias, std={sigma_b!r})" if sigma_b else "zeros_(layer.bias)"
    return (
        "import torch\n"
        "for layer in model.modules():\n"
        "    if isinstance(layer, torch.nn.Linear):\n"
        f"        {weights}\n"
        "        if layer.bias is not None:\n"
        f"            torch.nn.init.{biases}"
    )


def _flax(sigma_w: float, sigma_b: float) -> str:
    biases = f"normal({sigma_b!r})" if sigma_b else "zeros"
    return (
        "from flax import linen as nn\n"
        "kernel_init = nn.initializers.variance_scaling(\n"
        f'    {square(sigma_w)}, "fan_in", "normal")\n'
        f"bias_init = nn.initializers.{biases}\n"
        "layer = nn.Dense(features, kernel_init=kernel_init,\n"
        "                 bias_init=bias_init)"
    )


def _keras(sigma_w: float, sigma_b: float) -> str:
    """A function: an initializer of Keras gives all the layers that share it the same weights."""
    biases = f"init.RandomNormal(stddev={sigma_b!r})" if sigma_b else '"zeros"'
    return (
        "import keras\n"
        "def dense(units, activation):\n"
        "    init = keras.initializers\n"
        "    return keras.layers.Dense(\n"
        "        units, activation,\n"
        "        kernel_initializer=init.VarianceScaling(\n"
        f'            {square(sigma_w)}, "fan_in", "untruncated_normal"),\n'
        f"        bias_initializer={biases})"
    )


def is_root_2(sigma_w: float) -> bool:
    """Whether that is the gain of ReLU, in the six digits of an advice."""
    return abs(sigma_w - math.sqrt(2.0)) < 5e-6


def square(sigma_w: float) -> str:
    """σw², left to be computed, so that one sees what it is the square of."""
    return "2.0" if is_root_2(sigma_w) else f"{sigma_w!r}**2"
