"""The knobs of what is drawn over numbers: f′ over z, and the plane of σw and σb, or α."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.setup.knob import choice, interval, real


@dataclass(frozen=True)
class Slope:
    """A range of z, and a place in it."""

    z_range: tuple[float, float] = interval(
        (-6.0, 6.0), "Z", "the range of z that is drawn", -1e6, 1e6
    )
    z: float = real(
        1.0, "z", "where the cursor stands", -1e6, 1e6, 0.1, cursor=True, within="z_range"
    )


@dataclass(frozen=True)
class Plane:
    """What is mapped over σw, and a place on the map."""

    sigma_w_range: tuple[float, float] | None = interval(
        (0.0, 3.0), "R", "the range of σw that is drawn; auto holds the critical line", 0.0, 1e3,
        auto=True,
    )  # fmt: skip
    sigma_b_range: tuple[float, float] | None = interval(
        (0.0, 1.5), "Q", "the range of σb that is drawn; auto holds the critical line", 0.0, 1e3,
        auto=True,
    )  # fmt: skip
    alpha_range: tuple[float, float] | None = interval(
        (0.0, 1.0), "V", "the range of α that is drawn; auto holds the cursor", 0.0, 1e3,
        auto=True,
    )  # fmt: skip
    against: str = choice(
        "sigma_b", "A", "what σw is mapped against: sigma_b, depth, or alpha, by which residual "
        "blocks multiply what they add", lambda: ("sigma_b", "depth", "alpha"),
    )  # fmt: skip
    branch_norm: str = choice(
        "none", "N", "the norm before the weights of a residual block",
        lambda: ("none", "layer", "rms"), shown="norm",
    )  # fmt: skip
    sigma_w: float = real(
        1.0, "S", "the σw at which the cursor stands", 0.0, 1e3, 0.01,
        cursor=True, within="sigma_w_range", widens=True,
    )  # fmt: skip
    sigma_b: float = real(
        0.0, "Y", "the σb at which the cursor stands", 0.0, 1e3, 0.01,
        cursor=True, within="sigma_b_range", widens=True,
    )  # fmt: skip
    alpha: float = real(
        1.0, "E", "the α at which the cursor stands", 0.0, 1e3, 0.01,
        cursor=True, within="alpha_range", widens=True,
    )  # fmt: skip
