"""The knobs that change a setup.

A knob is declared once, in `KNOBS`, and is from there a flag of the command line, a control of
the app, a validation and a line of help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradtui.errors import InputError, nearest
from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import MAX_DEPTH
from gradtui.mathematics.initialisation.draw import MAX_WIDTH, initialisation
from gradtui.mathematics.initialisation.recipes import INITIALISATIONS
from gradtui.mathematics.layer_values import FORMS, LayerValues, parse_layer_values
from gradtui.mathematics.spec import number, parse_number, parse_spec
from gradtui.plots.picture import CURVES
from gradtui.views.setup import CURSOR_RANGES, MAX_WEIGHT, MODELS, NETWORK, Loss, Setup
from gradtui.views.wording import plain


@dataclass(frozen=True)
class Knob:
    """One choice: how it is named, read, written, checked and stepped.

    `step(value, n)` goes n steps up or down; `scale(value, n)` goes n times by the knob's factor.
    Both stay inside the allowed range.
    """

    name: str
    letter: str
    help: str
    allowed: str
    parse: Callable[[str], Any]
    format: Callable[[Any], str]
    step: Callable[[Any, int], Any]
    scale: Callable[[Any, int], Any]

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def label(self) -> str:
        """The name in the app."""
        return self.name.replace("_", " ").replace("sigma ", "σ")

    def text(self, setup: Setup) -> str:
        """The knob's value in `setup`, as its flag takes it."""
        return self.format(getattr(setup, self.name))


def _whole(name: str, letter: str, help_: str, low: int, high: int) -> Knob:
    allowed = f"a whole number from {low:,} to {high:,}"

    def parse(text: str) -> int:
        try:
            value = float(text.replace(",", "").replace("_", ""))
            whole = int(value) if value == int(value) else None
        except (ValueError, OverflowError):
            whole = None
        if whole is None or not low <= whole <= high:
            raise InputError(name, text, allowed, f"try {max(low, min(high, 50))}")
        return whole

    def clamp(value: float) -> int:
        return int(min(max(value, low), high))

    def scale(value: int, n: int) -> int:
        return clamp(max(value, 1) * 2**n if n >= 0 else value // 2**-n)

    return Knob(name, letter, help_, allowed, parse, str, lambda v, n: clamp(v + n), scale)


def _real(
    name: str, letter: str, help_: str, low: float, high: float, step: float, factor: float = 2.0
) -> Knob:
    allowed = f"a number from {number(low)} to {number(high)}"

    def parse(text: str) -> float:
        value = parse_number(name, text)
        if not low <= value <= high:
            raise InputError(name, text, allowed, f"try {number(min(max(1.0, low), high))}")
        return value

    def clamp(value: float) -> float:
        return min(max(_tidy(value), low), high)

    return Knob(
        name,
        letter,
        help_,
        allowed,
        parse,
        number,
        lambda value, n: clamp(value + n * step),
        lambda value, n: clamp(value * factor**n),
    )


def _layer_values(name: str, letter: str, help_: str) -> Knob:
    def each(value: LayerValues, change: Callable[[float], float]) -> LayerValues:
        def changed(one: float) -> float:
            return min(max(_tidy(change(one)), -MAX_WEIGHT), MAX_WEIGHT)

        if value.std is not None:
            return LayerValues(std=max(changed(value.std), 0.0))
        return LayerValues(tuple(changed(one) for one in value.values))

    def parse(text: str) -> LayerValues:
        value = parse_layer_values(name, text)
        if value.largest > MAX_WEIGHT:
            raise InputError(
                name, text, f"of at most {plain(MAX_WEIGHT)} in size", "try a smaller number"
            )
        return value

    return Knob(
        name,
        letter,
        help_,
        FORMS,
        parse,
        lambda value: value.text,
        lambda value, n: each(value, lambda one: one + 0.1 * n),
        lambda value, n: each(value, lambda one: one * 2.0**n),
    )


def _tidy(value: float) -> float:
    """Twelve significant digits: 0.1 + 0.2 is 0.3 to the user."""
    return float(f"{value:.12g}")


def _several(field: str, text: str, spec: Callable[[str], str], what: str) -> tuple[str, ...]:
    """One or several text forms, separated by commas or blanks outside parentheses."""
    names: list[str] = []
    depth, word = 0, ""
    for character in text + ",":
        depth += (character == "(") - (character == ")")
        if depth <= 0 and (character == "," or character.isspace()):
            if word:
                names.append(spec(word))
            word = ""
        else:
            word += character
    if word:  # a parenthesis was left open: the name's own error says so
        names.append(spec(word.removesuffix(",")))
    unique = tuple(dict.fromkeys(names))
    if not 1 <= len(unique) <= CURVES:
        raise InputError(field, text, f"1 to {CURVES} {what}", "choose which to compare")
    return unique


def _parse_activations(text: str) -> tuple[str, ...]:
    return _several("activations", text, lambda word: activation(word).spec, "activations")


def _parse_inits(text: str) -> tuple[str, ...]:
    return _several("init", text, lambda word: initialisation(word).spec, "initialisations")


def _next_init(value: tuple[str, ...], n: int) -> tuple[str, ...]:
    """The recipe n rows further in the list of them; of several, none is next."""
    if len(value) > 1:
        return value
    names = list(INITIALISATIONS)
    return (names[(names.index(initialisation(value[0]).name) + n) % len(names)],)


def _parse_focus(text: str) -> str:
    """An activation or an initialisation, in its canonical text form."""
    if parse_spec("focus", text).name in INITIALISATIONS:
        return initialisation(text).spec
    return activation(text).spec


def _parse_loss(text: str) -> Loss:
    if not text.strip()[:1].isalpha() or text.strip().lower() in ("nan", "inf", "infinity"):
        return Loss(upstream=parse_number("loss", text))
    spec = parse_spec("loss", text)
    if spec.name == "squared_error":
        return Loss(target=spec.bind("loss", ("target",)).get("target", 0.0))
    if spec.name == "upstream":
        return Loss(upstream=spec.bind("loss", ("gradient",)).get("gradient", 1.0))
    raise InputError("loss", text, _LOSS_FORMS, "try squared_error(target=0)")


_LOSS_FORMS = "a number (∂L/∂a of the last layer) or squared_error(target=0)"


def _change_loss(change: Callable[[float], float]) -> Callable[[Loss], Loss]:
    def changed(loss: Loss) -> Loss:
        if loss.target is None:
            return Loss(upstream=_tidy(change(loss.upstream)))
        return Loss(target=_tidy(change(loss.target)))

    return changed


def _range(name: str, letter: str, help_: str, least: float, most: float, usual: str) -> Knob:
    """Two numbers low:high; a step moves both, a factor widens them around their middle."""
    form = (
        f"low:high with low < high (by a billionth of them), both from {number(least)} "
        f"to {number(most)}"
    )

    def parse(text: str) -> tuple[float, float]:
        low, colon, high = text.partition(":")
        if not colon:
            raise InputError(name, text, form, f"try {usual}")
        limits = parse_number(name, low), parse_number(name, high)
        width = limits[1] - limits[0]
        if (
            width <= 0
            or width < _NARROWEST * max(map(abs, limits))
            or limits[0] < least
            or limits[1] > most
        ):
            raise InputError(name, text, form, f"try {usual}")
        return limits

    def moved(limits: tuple[float, float], n: int) -> tuple[float, float]:
        by = min(max(n * step, least - limits[0]), most - limits[1])
        return _tidy(limits[0] + by), _tidy(limits[1] + by)

    def scaled(limits: tuple[float, float], n: int) -> tuple[float, float]:
        centre, half = (limits[0] + limits[1]) / 2, (limits[1] - limits[0]) / 2
        half = max(half * 2.0**n, 1e-3, _NARROWEST * abs(centre))
        return _tidy(max(centre - half, least)), _tidy(min(centre + half, most))

    step = 1.0 if least < 0.0 else 0.1
    return Knob(
        name,
        letter,
        help_,
        form,
        parse,
        lambda value: f"{number(value[0])}:{number(value[1])}",
        moved,
        scaled,
    )


_NARROWEST = 1e-9


def _choice(name: str, letter: str, help_: str, choices: tuple[str, ...]) -> Knob:
    allowed = f"{', '.join(choices[:-1])} or {choices[-1]}"

    def parse(text: str) -> str:
        if text.strip() not in choices:
            near = nearest(text.strip(), choices)
            raise InputError(name, text, allowed, f"try {near[0] if near else choices[0]}")
        return text.strip()

    def step(value: str, n: int) -> str:
        return choices[(choices.index(value) + n) % len(choices)]

    return Knob(name, letter, help_, allowed, parse, str, step, step)


_KNOBS = (
    Knob(
        "activations",
        "a",
        "the activation functions to look at or compare",
        f"1 to {CURVES} activations such as sigmoid tanh 'leaky_relu(0.2)'",
        _parse_activations,
        ", ".join,
        lambda value, n: value,
        lambda value, n: value,
    ),
    Knob(
        "focus",
        "o",
        "which of those compared the verdict, the ceiling and the spread are for (the first)",
        "one of the chosen activations or initialisations",
        lambda text: _parse_focus(text) if text else "",
        str,
        lambda value, n: value,
        lambda value, n: value,
    ),
    _whole("depth", "d", "the number of layers L", 1, MAX_DEPTH),
    _layer_values("weights", "w", "the weight w of each layer"),
    _layer_values("biases", "b", "the bias b of each layer"),
    _real("x", "x", "the input x", -1e100, 1e100, 0.1),
    Knob(
        "loss",
        "g",
        "what the loss sends back",
        _LOSS_FORMS,
        _parse_loss,
        lambda value: value.text if value.target is not None else number(value.upstream),
        lambda value, n: _change_loss(lambda one: one + 0.1 * n)(value),
        lambda value, n: _change_loss(lambda one: one * 2.0**n)(value),
    ),
    _whole("seed", "n", "the seed of everything drawn at random", 0, 2**32 - 1),
    _whole("samples", "m", "how many random chains the spread is measured on", 1, 100_000),
    _real("threshold", "h", "the ratio below which a gradient counts as vanished",
          1e-300, 0.999, 1e-3, 10.0),
    _choice("model", "M", "one unit a layer (chain), or real layers (network)", MODELS),
    Knob(
        "init",
        "I",
        "how the weights of a network are drawn, one recipe or several to compare",
        f"1 to {CURVES} initialisations such as kaiming_normal orthogonal 'normal(1.5, 0.1)'",
        _parse_inits,
        ", ".join,
        lambda value, n: _next_init(value, n),
        lambda value, n: _next_init(value, n),
    ),
    _whole("units", "W", "the units n of every layer of a network: its width", 1, MAX_WIDTH),
    _whole("batch", "B", "the inputs that pass through a network together", 1, 4096),
    _whole("networks", "N", "how many random networks are drawn", 1, 10_000),
    _range("z_range", "v", "the range of z that is drawn", -1e6, 1e6, "-6:6"),
    _range("sigma_w_range", "R", "the range of σw that is mapped", 0.0, 1e3, "0:3"),
    _range("sigma_b_range", "Q", "the range of σb that is mapped", 0.0, 1e3, "0:1.5"),
    _choice("against", "A", "what σw is mapped against", ("sigma_b", "depth")),
    _real("z", "z", "where the cursor stands", -1e6, 1e6, 0.1),
    _whole("layer", "l", "the layer at which the cursor stands", 1, MAX_DEPTH),
    _real("sigma_w", "S", "the σw at which the cursor stands", 0.0, 1e3, 0.01),
    _real("sigma_b", "Y", "the σb at which the cursor stands", 0.0, 1e3, 0.01),
)  # fmt: skip

KNOBS: Mapping[str, Knob] = {knob.name: knob for knob in _KNOBS}


def implied(setup: Setup, name: str, value: Any) -> dict[str, Any]:
    """What else a knob that somebody sets brings with it.

    A list of weights or biases says how deep the chain is; what only networks have, that there
    is to be one; a σ outside what is mapped widens the map.
    """
    if name in ("weights", "biases") and len(value.values) > 1:
        return {"depth": len(value.values)}
    if name in ("init", "units", "networks"):
        return {"model": NETWORK}
    if name in ("sigma_w", "sigma_b"):
        low, high = getattr(setup, CURSOR_RANGES[name])
        if not low <= value <= high:
            return {CURSOR_RANGES[name]: (min(low, value), max(high, value))}
    return {}
