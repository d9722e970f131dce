"""Lines to paste that draw weights N(0, σw²/n_in) and biases N(0, σb²) in three frameworks.

Each is code that runs: σw and σb stand in it in full, and the fan-in of every layer is the
framework's own. What is said of a framework is said of PyTorch 2.13, Flax 0.12 and Keras 3.15.
"""

from __future__ import annotations

import math
from collections.abc import Mapping


def snippets(sigma_w: float, sigma_b: float) -> Mapping[str, str]:
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
    """`kaiming_normal_` knows √2 by the name of ReLU; any other gain goes by the deviation."""
    weights = (
        "torch.nn.init.kaiming_normal_(layer.weight, nonlinearity='relu')"
        if is_root_2(sigma_w)
        else f"torch.nn.init.normal_(layer.weight, std={sigma_w!r} / layer.in_features**0.5)"
    )
    biases = (
        f"torch.nn.init.normal_(layer.bias, std={sigma_b!r})"
        if sigma_b
        else "torch.nn.init.zeros_(layer.bias)"
    )
    return (
        "import torch\n"
        "for layer in model.modules():\n"
        "    if isinstance(layer, torch.nn.Linear):\n"
        f"        {weights}\n"
        "        if layer.bias is not None:\n"
        f"            {biases}"
    )


def _flax(sigma_w: float, sigma_b: float) -> str:
    biases = f"nn.initializers.normal({sigma_b!r})" if sigma_b else "nn.initializers.zeros"
    return (
        "from flax import linen as nn\n"
        f"nn.Dense(features, kernel_init=nn.initializers.variance_scaling(\n"
        f"             {_square(sigma_w)}, 'fan_in', 'normal'),\n"
        f"         bias_init={biases})"
    )


def _keras(sigma_w: float, sigma_b: float) -> str:
    """A function, since an initializer of Keras gives every layer that it is given to one draw."""
    biases = f"keras.initializers.RandomNormal(stddev={sigma_b!r})" if sigma_b else "'zeros'"
    return (
        "import keras\n"
        "def dense(units, activation):\n"
        "    return keras.layers.Dense(units, activation,\n"
        "        kernel_initializer=keras.initializers.VarianceScaling(\n"
        f"            {_square(sigma_w)}, 'fan_in', 'untruncated_normal'),\n"
        f"        bias_initializer={biases})"
    )


def is_root_2(sigma_w: float) -> bool:
    """Whether that is the gain of ReLU, to the digits that it is given in."""
    return abs(sigma_w - math.sqrt(2.0)) < 5e-6


def _square(sigma_w: float) -> str:
    """σw², left to be computed, so that one sees where it is from."""
    return "2.0" if is_root_2(sigma_w) else f"{sigma_w!r}**2"
