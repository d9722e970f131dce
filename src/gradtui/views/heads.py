"""What the columns of a view's numbers are called where somebody reads them.

Files keep the plain names: whoever loads them counts on those.
"""

from __future__ import annotations

import re

_NAMES = {
    "f": "f(z)",
    "derivative": "f′(z)",
    "log10_abs_derivative": "log10 |f′(z)|",
    "log10_abs_w": "log10 |w|",
    "log10_abs_gradient": "log10 |gradient|",
    "gradient_sign": "sign",
    "log10_hidden": "log10 ‖a‖",
    "log10_grad_hidden": "log10 ‖∂L/∂a‖",
    "log10_grad_weights": "log10 ‖∂L/∂W‖",
    "log10_grad_biases": "log10 ‖∂L/∂b‖",
    "share_of_grad_w": "share of ∂L/∂W",
    "log10_rate": "log10 a layer",
    "log10_rate_per_layer": "log10 a layer",
}
_FORMS = (
    (re.compile(r"grad_([awzhc])(?=_\d)"), r"‖∂L/∂\1‖"),
    (re.compile(r"grad_([awz])"), r"|∂L/∂\1|"),
    (re.compile(r"sigma_(?=[wb](_|$))"), "σ"),
    (re.compile(r"sigma(?=_)"), "σ"),
    (re.compile(r"xi_"), "ξ "),
    (re.compile(r"(?<=log10_).*ratio_(?=\d|theory)"), ""),
    (re.compile(r"(?<!bin)_(5|50|95)$"), r" \1 %"),
    (re.compile(r"_"), " "),
)


def head(name: str) -> str:
    """The title of a column with this name in CSV and JSON, in the words of the screen."""
    if name in _NAMES:
        return _NAMES[name]
    for form, written in _FORMS:
        name = form.sub(written, name)
    return name
