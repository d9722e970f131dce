"""A formula in LaTeX, for handouts."""

from __future__ import annotations

from gradtui.lessons.formulas import (
    Big,
    Call,
    Continued,
    Differential,
    Fraction,
    Group,
    Infix,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Root,
    read,
)

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "η": "eta",
    "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "varphi", "χ": "chi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta",
    "Λ": "Lambda", "Σ": "Sigma", "Φ": "Phi", "Ω": "Omega",
}  # fmt: skip
SYMBOLS = {
    **{letter: rf"\{name}" for letter, name in _GREEK.items()},
    "·": r"\cdot", "×": r"\times", "∘": r"\circ", "−": "-", "±": r"\pm", "≤": r"\le",
    "≥": r"\ge", "≈": r"\approx", "→": r"\to", "∈": r"\in", "≠": r"\ne", "∝": r"\propto",
    "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow", "∑": r"\sum", "∏": r"\prod", "∫": r"\int",
    "∀": r"\forall", "∞": r"\infty", "…": r"\dots", "∇": r"\nabla", "∂": r"\partial",
    "√": r"\sqrt{}", "‖": r"\|", "′": "'", "″": "''", "¼": r"\tfrac14", "½": r"\tfrac12",
}  # fmt: skip
"""What stands for a character in mathematics."""
_APART = {
    "~": r"\sim", ",": ",", ",  ": r",\quad", ":": ":", ":  ": r":\quad", "": "", " ": r"\,",
    "⇒": r"\;\Rightarrow\;", "⇔": r"\;\Leftrightarrow\;",
}  # fmt: skip
_FUNCTIONS = {"tanh", "max", "min", "exp", "ln"}
_PAIRS = {"()": ("(", ")"), "[]": ("[", "]"), "||": ("|", "|"), "‖‖": (r"\|", r"\|")}


def latex(formula: str) -> str:
    """The formula in LaTeX's mathematics, of amsmath."""
    return " ".join(_latex(read(formula)).split())


def _latex(node: Node) -> str:
    match node:
        case Number(text):
            mantissa, e, exponent = text.partition("e")
            return rf"{mantissa} \cdot 10^{{{exponent}}}" if e else text.replace(",", "{,}")
        case Name(text, below, primes):
            return _name(text) + (f"_{{{_lower(below)}}}" if below else "") + "'" * primes
        case Group(pair, inner):
            left, right = _PAIRS[pair]
            return rf"\left{left} {_latex(inner)} \right{right}"
        case Call(function, argument):
            return _latex(function) + _latex(argument)
        case Power(base, exponent):
            above = r"\top" if exponent == Name("T") else _lower(_latex(exponent))
            return f"{{{_latex(base)}}}^{{{above}}}"
        case Root(inner):
            return rf"\sqrt{{{_latex(_bare(inner))}}}"
        case Negative(sign, inner):
            return f"{_sign(sign)} {_latex(inner)}"
        case Fraction(above, below, tight):
            numbers = tight and isinstance(above, Number) and isinstance(below, Number)
            command = r"\tfrac" if numbers else r"\frac"
            return f"{command}{{{_latex(_bare(above))}}}{{{_latex(_bare(below))}}}"
        case Differential(variable, inner):
            return rf"\frac{{d}}{{d{_name(variable.text)}}} {_latex(inner)}"
        case Big(sign, lower, upper, inner):
            limits = (f"_{{{_lower(lower)}}}" if lower else "") + (
                f"^{{{_lower(upper)}}}" if upper else ""
            )
            return f"{SYMBOLS[sign]}{limits} {_latex(inner)}"
        case Infix(first, rest):
            return _latex(first) + "".join(f" {_sign(sign)} {_latex(part)}" for sign, part in rest)
        case Continued(sign, inner):
            return f"{_sign(sign)} {_latex(inner)}"


def _name(text: str) -> str:
    """Letters, of which some are written by name; a star is raised."""
    star = "^{*}" if text.endswith("*") else ""
    text = text.removesuffix("*")
    if text.startswith("∂"):
        return rf"\partial {_name(text[1:])}{star}"
    if text in _FUNCTIONS:
        return rf"\{text}"
    if text[0] in _GREEK:
        below = f"_{{{_latex(read(text[1:]))}}}" if text[1:] else ""
        return rf"\{_GREEK[text[0]]} {below}{star}".replace(" _", "_").replace(" ^", "^")
    if text in SYMBOLS:
        return SYMBOLS[text] + star
    return (rf"\operatorname{{{text}}}" if len(text) > 1 else text) + star


def _sign(sign: str) -> str:
    return _APART.get(sign, SYMBOLS.get(sign, sign))


def _lower(text: str) -> str:
    return text.replace("−", "-")


def _bare(node: Node) -> Node:
    """Without the parentheses that a bar or a root does not need."""
    return node.inner if isinstance(node, Group) and node.pair == "()" else node
