"""Lines to paste that draw orthogonal weights of a gain and biases N(0, σb²) in three frameworks.

Each is code that runs. As of PyTorch 2.13, Flax 0.12 and Keras 3.15.
"""

from __future__ import annotations

from collections.abc import Mapping


def orthogonal_lines(gain: float, sigma_b: float) -> Mapping[str, str]:
    """The lines for each framework, by its name.

    Args:
        gain: the factor on a matrix with orthonormal columns, or rows where it is wide.
        sigma_b: the standard deviation of a bias.
    """
    torch_biases = f"normal_(layer.bias, std={sigma_b!r})" if sigma_b else "zeros_(layer.bias)"
    flax_biases = f"normal({sigma_b!r})" if sigma_b else "zeros"
    keras_biases = f"init.RandomNormal(stddev={sigma_b!r})" if sigma_b else '"zeros"'
    return {
        "PyTorch": (
            "import torch\n"
            "for layer in model.modules():\n"
            "    if isinstance(layer, torch.nn.Linear):\n"
            f"        torch.nn.init.orthogonal_(layer.weight, gain={gain!r})\n"
            "        if layer.bias is not None:\n"
            f"            torch.nn.init.{torch_biases}"
        ),
        "JAX/Flax": (
            "from flax import linen as nn\n"
            f"kernel_init = nn.initializers.orthogonal({gain!r})\n"
            f"bias_init = nn.initializers.{flax_biases}\n"
            "layer = nn.Dense(features, kernel_init=kernel_init,\n"
            "                 bias_init=bias_init)"
        ),
        "Keras": (
            "import keras\n"
            "def dense(units, activation):\n"
            "    init = keras.initializers\n"
            "    return keras.layers.Dense(\n"
            "        units, activation,\n"
            f"        kernel_initializer=init.Orthogonal(gain={gain!r}),\n"
            f"        bias_initializer={keras_biases})"
        ),
    }
