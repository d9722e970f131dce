"""Lines to paste that define a layer whose weights and biases are drawn after a recipe.

They define `linear(n_in, n_out)` or `dense(n_out)`, with a factor on the weights where one is asked
for. As of PyTorch 2.13, Flax 0.12 and Keras 3.15.
"""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.initialisation.recipes import ROOT_2, calculate_gain
from gradtui.mathematics.initialisation.record import Critical, Initialisation
from gradtui.mathematics.spec import Value
from gradtui.views.init.snippets import is_root_2, square

NARROW = 74
"""So many columns a line has, for a page of 80."""


@dataclass(frozen=True)
class Recipe:
    """How weights are drawn, in code.

    Attributes:
        kind: "normal", "truncated", "uniform" or "orthogonal"; "zeros".
        fan: "fan_in", "fan_out" or "fan_avg", over which the variance is; "" for the same of any
            layer.
        size: the gain; without a fan the standard deviation (before what is cut), or the bound.
        square: its square.
        name: as Keras and JAX call it, or PyTorch its own; else empty.
        bias: the standard deviation of a bias.
        uniform_bias: whether biases are U(±1/√n_in).
    """

    kind: str
    fan: str
    size: str
    square: str
    name: str = ""
    bias: float = 0.0
    uniform_bias: bool = False


def recipe_of(recipe: Initialisation, activation: Activation, critical: Critical) -> Recipe | None:
    """A recipe in code; None for `siren`, by which the first block is drawn otherwise."""
    values = recipe.parameters(activation, critical)
    bias = float(values.get("sigma_b", float(values.get("sigma_b2", 0.0)) ** 0.5))
    name = recipe.name
    if name == "siren":
        return None
    if name == "pytorch_linear":
        return Recipe("uniform", "fan_in", "3**-0.5", "1 / 3", name, uniform_bias=True)
    kind, fan, gain, variance = _parts(name, values)
    if variance is not None:
        if variance == 0.0:
            return Recipe("zeros", "", "0", "0", bias=bias)
        known = {1.0: "1.0", 2.0: "2**0.5"}
        size = known.get(variance, f"{variance!r}**0.5")
        return Recipe(kind, fan, size, repr(variance), bias=bias)
    if gain == 0.0:
        return Recipe("zeros", "", "0", "0", bias=bias)
    named = name if name.startswith(("he_", "glorot_", "lecun_")) else ""
    rooted = is_root_2(gain) and (fan or kind == "orthogonal")
    squared = "1.0" if gain == 1.0 else square(gain)
    return Recipe(kind, fan, "2**0.5" if rooted else repr(gain), squared, named, bias)


def _parts(name: str, values: dict[str, Value]) -> tuple[str, str, float, float | None]:
    """Kind, fan, and the gain or its square."""
    kind = "uniform" if name.endswith("uniform") else "normal"
    if name.startswith(("he_", "glorot_", "lecun_")):
        kind = kind if kind == "uniform" else "truncated"
        fan = "fan_avg" if name.startswith("glorot") else "fan_in"
        return kind, fan, ROOT_2 if name.startswith("he") else 1.0, None
    if name.startswith("xavier"):
        return kind, "fan_avg", float(values["gain"]), None
    if name.startswith("kaiming"):
        gain = float(values["gain"])
        if gain == ROOT_2:
            gain = calculate_gain(str(values["nonlinearity"]), float(values["a"]))
        return kind, str(values["mode"]), gain, None
    if name == "variance_scaling":
        kind = {"truncated_normal": "truncated", "untruncated_normal": "normal"}.get(
            str(values["distribution"]), "uniform"
        )
        return kind, str(values["mode"]), 0.0, float(values["scale"])
    if name == "critical":
        return "normal", "fan_in", 0.0, float(f"{float(values['sigma_w2']):.10g}")
    if name == "orthogonal":
        return "orthogonal", "", float(values["gain"]), None
    if name == "truncated_normal":
        return "truncated", "", float(values["std"]), None
    if "std" in values:
        std = float(values["std"])
        return kind, "", std * 3.0**0.5 if kind == "uniform" else std, None
    if "bound" in values:
        return kind, "", float(values["bound"]), None
    return kind, "fan_in", float(values["sigma_w"]), None


# ---------------------------------------------------------------------- PyTorch


def torch_layer(recipe: Recipe, factored: bool) -> tuple[str, str]:
    """What makes a layer and its form ("nn.Linear({n_in}, {n_out})"), and the lines before it."""
    if recipe.name == "pytorch_linear" and not factored:
        return "nn.Linear({n_in}, {n_out})", ""
    lines = [
        f"def linear(n_in, n_out{', factor=1.0' if factored else ''}):",
        "    layer = nn.Linear(n_in, n_out)",
    ]
    if recipe.name != "pytorch_linear":
        lines += [f"    {line}" for line in _torch_weights(recipe)]
        drawn = f"normal_(layer.bias, std={recipe.bias!r})" if recipe.bias else "zeros_(layer.bias)"
        lines += [f"    nn.init.{drawn}"]
    if factored:
        lines += ["    layer.weight.data *= factor"]
    return "linear({n_in}, {n_out}{factor})", "\n".join([*lines, "    return layer"])


_TORCH_FANS = {"fan_in": "n_in", "fan_out": "n_out", "fan_avg": "((n_in + n_out) / 2)"}


def _torch_weights(recipe: Recipe) -> list[str]:
    w, kind, size = "layer.weight", recipe.kind, recipe.size
    if kind == "zeros":
        return [f"nn.init.zeros_({w})"]
    if kind == "orthogonal":
        return [f"nn.init.orthogonal_({w}{_unless_1('gain', size)})"]
    if kind == "truncated":
        std = size
        if recipe.fan:
            std = f"({recipe.square} / {_TORCH_FANS[recipe.fan]}) ** 0.5 / 0.87962566103424"
        drawn = f"nn.init.trunc_normal_({w}, std=std, a=-2 * std, b=2 * std)"
        return [f"std = {std}", drawn]
    if recipe.fan == "fan_avg":
        return [f"nn.init.xavier_{kind}_({w}{_unless_1('gain', size)})"]
    if recipe.fan and size == "2**0.5":
        mode = "" if recipe.fan == "fan_in" else ', mode="fan_out"'
        return [f'nn.init.kaiming_{kind}_({w}{mode}, nonlinearity="relu")']
    fan = recipe.fan and _TORCH_FANS[recipe.fan]
    if kind == "normal":
        return [f"nn.init.normal_({w}, std={size}{f' / {fan}**0.5' if fan else ''})"]
    bound = f"(3 * {recipe.square} / {fan}) ** 0.5" if fan else size
    return [f"c = {bound}", f"nn.init.uniform_({w}, -c, c)"]


def _unless_1(name: str, size: str) -> str:
    return "" if size == "1.0" else f", {name}={size}"


# ------------------------------------------------------------------------ Flax


def flax_layer(recipe: Recipe, factored: bool) -> tuple[str, str]:
    """The same for Flax: "dense({n_out})"; where the biases need n_in, it is given too."""
    times = " * factor" if factored else ""
    init = "nn.initializers."
    if recipe.kind == "zeros":
        kernel = f"{init}zeros"
    elif recipe.kind == "orthogonal":
        kernel = f"{init}orthogonal({recipe.size}{times})"
    elif recipe.name and recipe.name != "pytorch_linear" and not factored:
        kernel = f"{init}{recipe.name}()"
    elif recipe.fan:
        kind = "truncated_normal" if recipe.kind == "truncated" else recipe.kind
        kernel = _call(
            f"{init}variance_scaling", f'{_squared(recipe, factored)}, "{recipe.fan}", "{kind}"'
        )
    elif recipe.kind == "uniform":
        kernel = f"uniform({recipe.size}{times})"
    else:
        kind = "truncated_normal" if recipe.kind == "truncated" else recipe.kind
        kernel = f"{init}{kind}({recipe.size}{times})"
    bias = f"{init}normal({recipe.bias!r})" if recipe.bias else ""
    bias = "uniform(n_in**-0.5)" if recipe.uniform_bias else bias
    form, head = _head(recipe, factored)
    lines = [head, f"    kernel = {kernel}"]
    lines += [f"    bias = {bias}"] if bias else []
    given = ", bias_init=bias" if bias else ""
    lines += [f"    return nn.Dense(n_out, kernel_init=kernel{given})"]
    own = recipe.uniform_bias or (recipe.kind == "uniform" and not recipe.fan)
    return form, (_FLAX_UNIFORM if own else "") + "\n".join(lines)


_FLAX_UNIFORM = """def uniform(c):
    def draw(key, shape, dtype=jnp.float32):
        return jax.random.uniform(key, shape, dtype, -c, c)
    return draw


"""


# ----------------------------------------------------------------------- Keras


def keras_layer(recipe: Recipe, factored: bool) -> tuple[str, str]:
    """The same for Keras: an initializer of its own for each layer, or they share their weights."""
    times = " * factor" if factored else ""
    init = "keras.initializers."
    if recipe.kind == "zeros":
        kernel = '"zeros"'
    elif recipe.kind == "orthogonal":
        kernel = f"{init}Orthogonal({recipe.size}{times})"
    elif recipe.name and recipe.name != "pytorch_linear" and not factored:
        kernel = f'"{recipe.name}"'
    elif recipe.fan:
        kind = {"normal": "untruncated_normal", "truncated": "truncated_normal"}.get(
            recipe.kind, recipe.kind
        )
        kernel = _call(
            f"{init}VarianceScaling", f'{_squared(recipe, factored)}, "{recipe.fan}", "{kind}"'
        )
    elif recipe.kind == "uniform":
        kernel = f"{init}RandomUniform(-{recipe.size}{times}, {recipe.size}{times})"
    else:
        kind = "RandomNormal" if recipe.kind == "normal" else "TruncatedNormal"
        kernel = f"{init}{kind}(stddev={recipe.size}{times})"
    bias = f"{init}RandomNormal(stddev={recipe.bias!r})" if recipe.bias else ""
    if recipe.uniform_bias:
        bias = f"{init}RandomUniform(-(n_in**-0.5), n_in**-0.5)"
    form, head = _head(recipe, factored)
    lines = [head, f"    kernel = {kernel}"]
    lines += [f"    bias = {bias}"] if bias else []
    given = ",\n                        bias_initializer=bias" if bias else ""
    lines += [f"    return layers.Dense(n_out, kernel_initializer=kernel{given})"]
    return form, "\n".join(lines)


# ------------------------------------------------------------------- both of them


def _head(recipe: Recipe, factored: bool) -> tuple[str, str]:
    """How the function is called, and its first line."""
    into = recipe.uniform_bias
    factor = ", factor=1.0" if factored else ""
    form = f"dense({'{n_in}, ' if into else ''}{{n_out}}{{factor}})"
    return form, f"def dense({'n_in, ' if into else ''}n_out{factor}):"


def _squared(recipe: Recipe, factored: bool) -> str:
    return f"{recipe.square} * factor**2" if factored else recipe.square


def _call(function: str, arguments: str) -> str:
    """A call, its arguments on a line of their own where it is long."""
    one = f"{function}({arguments})"
    return one if len(one) <= NARROW - 13 else f"{function}(\n        {arguments})"
