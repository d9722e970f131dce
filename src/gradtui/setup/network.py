"""The knobs of a random network: real layers, and how their weights are drawn."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from gradtui.errors import InputError
from gradtui.mathematics.blocks.families import BLOCKS, PLAIN, Block
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.initialisation import INITIALISATIONS, initialisation
from gradtui.mathematics.initialisation.record import MAX_WIDTH
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.mathematics.spec import check_items
from gradtui.plots.picture import CURVES
from gradtui.setup.family import Family
from gradtui.setup.knob import Knob, declared, several, whole
from gradtui.setup.shared import Shared
from gradtui.wording import counted

RECIPE = "init"
"""The knob that has the recipes."""
BLOCK = "block"
"""The knob that has the blocks."""
_WIDTHS_IN_WORDS = 6
"""Of a list of more, only their number is said."""


def _next(value: tuple[str, ...], n: int) -> tuple[str, ...]:
    """The recipe n rows further in the list of them; of several, none is next."""
    if len(value) > 1:
        return value
    names = list(INITIALISATIONS)
    return (names[(names.index(initialisation(value[0]).name) + n) % len(names)],)


def _next_block(value: tuple[str, ...], n: int) -> tuple[str, ...]:
    """The block n rows further in the list of them; of several, none is next."""
    if len(value) > 1:
        return value
    specs = [block(name).spec for name in BLOCKS]
    own = value[0] if value[0] in specs else block(value[0]).name
    return (specs[(specs.index(block(own).spec) + n) % len(specs)],)


_WIDTH = f"a whole number from 1 to {MAX_WIDTH:,}"
_UNITS = f"{_WIDTH}, or a list of them: the input's and one a layer, such as 784,512,512,10"

Units: TypeAlias = int | tuple[int, ...]
"""One width for all, or n_0 … n_L."""


def _units(name: str, letter: str, help: str) -> Knob:
    def each(value: Units, change: Callable[[int], int]) -> Units:
        if isinstance(value, int):
            return min(max(change(value), 1), MAX_WIDTH)
        return tuple(min(max(change(n), 1), MAX_WIDTH) for n in value)

    def parse(text: str) -> Units:
        body = text.strip().removeprefix("[").removesuffix("]").replace("_", "")
        check_items(name, body)
        if thousands := _THOUSANDS.fullmatch(body):
            body = "".join(thousands.groups())
        parts = [part for part in re.split(r"[,\s]+", body) if part]
        step = "try 64, or 784,512,512,10 for an input of 784 and three layers"
        try:
            numbers = [float(part) for part in parts]
            widths = tuple(int(n) for n in numbers if n == int(n) and 1 <= n <= MAX_WIDTH)
            if len(numbers) == 1:
                step = f"try {{{name}={min(max(round(numbers[0]), 1), MAX_WIDTH)}}}"
        except (ValueError, OverflowError):
            widths = ()
        if len(widths) != len(parts) or not 1 <= len(widths) <= MAX_NETWORK_DEPTH + 1:
            raise InputError(name, text, _UNITS, step)
        return widths[0] if len(widths) == 1 else widths

    def written(value: Units) -> str:
        return str(value) if isinstance(value, int) else ",".join(map(str, value))

    def scale(value: Units, n: int) -> Units:
        return each(value, lambda width: width * 2**n if n >= 0 else width // 2**-n)

    def depth(value: Units) -> Mapping[str, Any]:
        return {} if isinstance(value, int) else {"depth": len(value) - 1}

    return Knob(
        name,
        letter,
        help,
        _UNITS,
        parse,
        written,
        lambda value, n: each(value, lambda width: width + n),
        scale,
        brings=depth,
    )


_THOUSANDS = re.compile(r"([1-9]\d?),(0\d\d)")
"""1,024 is one number: no width begins with a 0."""


@dataclass(frozen=True)
class Network(Family):
    """What a network depends on beside what every model does."""

    compares: ClassVar[tuple[str, ...]] = (RECIPE, BLOCK)

    init: tuple[str, ...] = several(
        ("pytorch_linear",),
        "I",
        "how the weights of a network are drawn, one recipe or several to compare",
        f"1 to {CURVES} initialisations such as kaiming_normal orthogonal 'normal(sigma_w=1.5)'",
        lambda text: initialisation(text).spec,
        CURVES,
        "initialisations",
        lambda: INITIALISATIONS,
        _next,
    )
    units: Units = declared(
        64,
        "W",
        "the units n of every layer, or a list: the input's and those of each layer",
        _units,
    )
    block: tuple[str, ...] = several(
        ("plain",),
        "K",
        "what each of the layers is: a plain one, or a block with a skip or a norm, one or several "
        "to compare",
        f"1 to {CURVES} blocks such as residual 'residual(alpha=0.1)' 'pre_norm(norm=rms)' rezero",
        lambda text: block(text).spec,
        CURVES,
        "blocks",
        lambda: BLOCKS,
        _next_block,
    )
    batch: int = whole(32, "B", "the inputs that pass through a network together", 1, 4096)
    networks: int = whole(100, "N", "how many random networks are drawn", 1, 10_000)

    @property
    def listed(self) -> bool:
        """Whether each layer has a width of its own."""
        return not isinstance(self.units, int)

    @property
    def width(self) -> int:
        """The units of every layer; of a list, those of the widest."""
        return self.units if isinstance(self.units, int) else max(self.units)

    @property
    def units_text(self) -> str:
        """The units of a layer in words: 64 units, up to 784 units."""
        return f"{'up to ' if self.listed else ''}{counted(self.width, 'unit')}"

    @property
    def width_text(self) -> str:
        """The width or widths in words, of a long list only how many."""
        if isinstance(self.units, int):
            return f"width {self.units}"
        if len(self.units) > _WIDTHS_IN_WORDS:
            return f"{len(self.units):,} widths up to {self.width}"
        return f"widths {', '.join(map(str, self.units))}"

    def widths(self, depth: int) -> tuple[int, ...]:
        """n_0 … n_L of a network so deep."""
        return (self.units,) * (depth + 1) if isinstance(self.units, int) else self.units

    @property
    def plain(self) -> bool:
        """Whether there are neither skips nor norms."""
        return self.block == (PLAIN,)

    @property
    def in_batch(self) -> bool:
        """Whether the rows of a batch depend on one another, in any of the blocks."""
        return any(block(spec).in_batch for spec in self.block)

    def weights(self, depth: int) -> int:
        """How many weights such a network has, of several blocks that with the most."""
        if isinstance(self.units, int):
            return depth * max(block(spec).weights(self.units) for spec in self.block)
        return sum(below * above for below, above in itertools.pairwise(self.units))

    def depth_over_width(self, depth: int) -> float:
        """Σ 1/n_l over the layers, by which a finite width differs from an infinite one."""
        if isinstance(self.units, int):
            return depth / self.units
        return sum(1.0 / n for n in self.units[1:])

    def check(self, shared: Shared) -> None:
        """Raise an `InputError` where knobs contradict one another.

        Several activations and several initialisations at once, or a list of widths that does not
        fit the depth.
        """
        layers = shared.depth if isinstance(self.units, int) else len(self.units) - 1
        if layers != shared.depth:
            raise InputError(
                "units",
                f"{layers + 1} widths",
                f"one number, or {shared.depth + 1} widths: the input's and one for each of the "
                f"{shared.depth} layers",
                f"set depth to {layers}, or give units one number",
            )
        compared = {"activations": shared.activations, "initialisations": self.init}
        for name, values, what in (
            (RECIPE, self.init, "initialisation"),
            (BLOCK, self.block, "block"),
        ):
            others = [one for one, of in compared.items() if len(of) > 1 and of is not values]
            if len(values) > 1 and others:
                raise InputError(
                    name,
                    ", ".join(values),
                    f"one {what}, as there are several {others[0]}",
                    "compare several of the one or of the other",
                )
        for spec in () if self.plain else self.block:
            self._check_block(block(spec))

    def _check_block(self, one: Block) -> None:
        """Raise an `InputError` where a block cannot be of these units or in this batch."""
        if isinstance(self.units, int):
            one.inner(self.units)
        elif not one.plain:
            raise InputError(
                "units",
                f"{len(self.units):,} widths",
                f"one number with {{block={one.spec}}}, whose skips and norms keep the width",
                "give units one number, or take {block=plain}",
            )
        if one.in_batch and self.batch < 2:
            raise InputError(
                "batch",
                self.batch,
                f"at least 2 with {{block={one.spec}}}, whose statistics are those of the batch",
                "try {batch=32}",
            )
