"""The spectrum view: singular values of the end-to-end Jacobian, Gaussian beside orthogonal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation import Sigmas, initialisation, random_network_steps
from gradtui.mathematics.mean_field import critical_sigma_w2
from gradtui.mathematics.spec import number
from gradtui.mathematics.spectrum import Spectrum, jacobian_spectra
from gradtui.plots.canvas import tick_values
from gradtui.plots.picture import Picture, Row, Span, fit_text, row, row_within
from gradtui.views.networks import _INPUT, _NETWORK, sigmas_of
from gradtui.views.setup import NETWORK, Setup, log10_threshold
from gradtui.views.view import Finding, Kind, Remedy, Size, Table, View
from gradtui.views.wording import decade, magnitude, percent, plain, rate

GAUSSIAN, ORTHOGONAL = FAMILIES = ("Gaussian", "orthogonal")

MAX_UNITS = 512
"""A layer costs some 10 n³ operations: at 512 units a tenth of a second and more."""

_MAX_DEPTH = 10_000
_WORK, _LAYER = 3e9, 1e5
"""n³ that all the networks may cost, some ten seconds, and what a layer costs beside its own."""
_TOLD, _DRAWING = 0.05, 0.95
"""Progress that is worth a new picture, and the share of the work that drawing networks is."""
_TRIALS = 3
"""On so many networks a remedy is tried before it is offered."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The spectra of random networks of one family, pooled by depth.

    Attributes:
        weights: "Gaussian" or "orthogonal".
        init: the recipe, with the σw and σb that both families share.
        spectra: those at each depth that was reached, one a network.
    """

    weights: str
    init: str
    spectra: Mapping[int, tuple[Spectrum, ...]] = field(default_factory=dict)

    def with_(self, one: Spectrum) -> Ensemble:
        """The same with a spectrum more."""
        more = (*self.spectra.get(one.depth, ()), one)
        return replace(self, spectra={**self.spectra, one.depth: more})

    def at(self, depth: int) -> Pool | None:
        """The singular values of all its networks at one depth, if there are any."""
        found = self.spectra.get(depth, ())
        return Pool(found) if found else None


@dataclass(frozen=True, eq=False)
class Pool:
    """The singular values of several networks at one depth."""

    spectra: Sequence[Spectrum]

    @property
    def log10(self) -> Array:
        """All of them, in no order; -inf for what is exactly 0."""
        return np.concatenate([one.log10_singular_values for one in self.spectra])

    @property
    def alive(self) -> Array:
        """Those that are not 0."""
        values = self.log10
        return values[values > -np.inf]

    @property
    def median(self) -> float:
        """The median of those that are not 0; -inf if all are."""
        return float(np.median(self.alive)) if self.alive.size else -math.inf

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest that is not 0, and the largest; -inf if all are 0."""
        alive = self.alive
        return (float(alive.min()), float(alive.max())) if alive.size else (-math.inf, -math.inf)

    @property
    def condition(self) -> float:
        """A network's largest over its smallest that is not 0, in the median; NaN if all are 0."""
        ratios = [
            one.log10_singular_values[0] - one.log10_singular_values[one.rank - 1]
            for one in self.spectra
            if one.rank
        ]
        return float(np.median(ratios)) if ratios else math.nan

    def surviving(self, threshold: float) -> float:
        """The share of the directions that keep at least `threshold`."""
        return float(np.mean([one.surviving(threshold) for one in self.spectra]))

    @property
    def dead(self) -> float:
        """The share of the directions that are exactly 0."""
        return float(np.mean(self.log10 == -np.inf))


@dataclass(frozen=True, eq=False)
class Pair:
    """One activation with one σw and σb: Gaussian networks, and orthogonal ones.

    Attributes:
        subject: what it is called beside those that it is compared with.
        activation: f.
        init: the recipe that was chosen, from which σw and σb come.
        sigmas: these, and whether its weights are orthogonal.
        critical: the critical σw at this σb, where there is one.
        ensembles: the Gaussian one and the orthogonal one.
    """

    subject: str
    activation: str
    init: str
    sigmas: Sigmas
    critical: float | None
    ensembles: tuple[Ensemble, Ensemble]

    @property
    def chosen(self) -> Ensemble:
        """The family that the recipe belongs to; uniform weights spread like Gaussian ones."""
        return self.ensembles[self.sigmas.weights == ORTHOGONAL]

    @property
    def other(self) -> Ensemble:
        """The family that it is compared with."""
        return self.ensembles[self.sigmas.weights != ORTHOGONAL]


@dataclass(frozen=True, eq=False)
class Spectra:
    """Every pair.

    Attributes:
        setup: what they are of.
        pairs: one for each activation, or for each initialisation.
        remedies: what was found to help, by subject.
        progress: what is told of the share that is done: it moves in steps worth a picture.
        done: the share that is done.
    """

    setup: Setup
    pairs: tuple[Pair, ...]
    remedies: Mapping[str, Remedy | None] = field(default_factory=dict)
    progress: float = 0.0
    done: float = 0.0

    def with_(self, index: int, family: int, ensemble: Ensemble) -> Spectra:
        """The same with an ensemble that has grown."""
        pair = self.pairs[index]
        ensembles = (ensemble, pair.ensembles[1]) if family == 0 else (pair.ensembles[0], ensemble)
        grown = replace(pair, ensembles=ensembles)
        return replace(self, pairs=(*self.pairs[:index], grown, *self.pairs[index + 1 :]))

    def pair(self, subject: str) -> Pair:
        """The one of that name."""
        return next(one for one in self.pairs if one.subject == subject)

    def focused(self, setup: Setup) -> Pair:
        """The one that picture and details are for."""
        wanted = (setup.focus, self.pairs[0].subject)
        return next(one for name in wanted for one in self.pairs if one.subject == name)


# ---------------------------------------------------------------------- run


def depths_of(depth: int) -> tuple[int, ...]:
    """The depths at which spectra are taken: 1, 2, 5, 10, … and the last."""
    round_ones = (digit * 10**power for power in range(5) for digit in (1, 2, 5))
    return (*(one for one in round_ones if one < 0.8 * depth), depth)


def shown_depth(setup: Setup) -> int:
    """The depth with a spectrum that is nearest to the cursor."""
    return min(depths_of(setup.depth), key=lambda one: abs(math.log(one / setup.layer)))


def networks_of(setup: Setup) -> int:
    """How many networks of each kind are drawn: those asked for, as far as it takes seconds."""
    kinds = 2 * max(len(setup.activations), len(setup.init))
    most = _WORK / (kinds * setup.depth * (setup.units**3 + _LAYER))
    return max(1, min(setup.networks, int(most)))


def run(setup: Setup) -> Iterator[Spectra]:
    """An empty picture at once, then one network after the other, then what would help.

    Between two pictures the same result comes again, so that who does not want it can stop.

    Raises:
        InputError: more units or layers than there is time for, or an initialisation that this
            activation does not have.
    """
    for name, value, most in (
        ("units", setup.units, MAX_UNITS),
        ("depth", setup.depth, _MAX_DEPTH),
    ):
        if value > most:
            raise InputError(name, value, f"at most {most:,} for spectra", f"try {most}")
    if len(setup.init) > 1:
        names = [(init, setup.focused, init) for init in setup.init]
    else:
        names = [(name, name, setup.init[0]) for name in setup.activations]
    result = Spectra(setup, tuple(pair_of(setup, *one) for one in names))
    yield result
    order = sorted(range(len(names)), key=lambda index: result.pairs[index].subject != setup.focus)
    count = networks_of(setup)
    share = _DRAWING / (2 * count * len(names))
    for network in range(1, count + 1):
        for index, family in itertools.product(order, range(2)):
            result = yield from _drawn(result, index, family, network, share)
        if network in (1, count):
            result = yield from _healed(result, order)
    yield replace(result, progress=1.0)


def _drawn(
    result: Spectra, index: int, family: int, network: int, share: float
) -> Generator[Spectra, None, Spectra]:
    """Add the network with this number to an ensemble; of the first, a picture a spectrum."""
    pair = result.pairs[index]
    ensemble, start = pair.ensembles[family], result.done
    for step in spectra_steps(result.setup, pair.activation, pair.ensembles[family].init, network):
        if isinstance(step, Spectrum):
            ensemble = ensemble.with_(step)
            if network == 1:
                result = result.with_(index, family, ensemble)
        elif start + share * step > result.progress + _TOLD:
            result = replace(result, progress=start + share * step)
        yield result
    result = replace(result, done=start + share)
    return result.with_(index, family, ensemble)


def _healed(result: Spectra, order: Sequence[int]) -> Generator[Spectra, None, Spectra]:
    """Look for remedies where there is none yet."""
    for pair in (result.pairs[index] for index in order):
        if result.remedies.get(pair.subject) is None:
            steps = remedy_steps(result.setup, pair)
            while True:
                yield result
                try:
                    next(steps)
                except StopIteration as end:
                    found = {**result.remedies, pair.subject: end.value}
                    break
            result = replace(result, remedies=found)
    return result


def pair_of(setup: Setup, subject: str, name: str, init: str) -> Pair:
    """Two empty ensembles with the σw and σb of a recipe."""
    found = sigmas_of(setup, name, init)
    sigma_w, sigma_b = (_rounded(math.sqrt(s)) for s in (found.sigma_w2, found.sigma_b2))
    try:
        critical = math.sqrt(critical_sigma_w2(name, found.sigma_b2))
    except InputError:
        critical = None
    return Pair(
        subject,
        name,
        init,
        found,
        critical,
        (
            Ensemble(GAUSSIAN, _spec("normal", sigma_w=sigma_w, sigma_b=sigma_b)),
            Ensemble(ORTHOGONAL, _spec("orthogonal", gain=sigma_w, sigma_b=sigma_b)),
        ),
    )


def _spec(name: str, **values: float) -> str:
    given = ", ".join(f"{key}={number(value)}" for key, value in values.items())
    return initialisation(f"{name}({given})").spec


def _rounded(value: float) -> float:
    """Ten digits: a command that can be read."""
    return float(f"{value:.10g}")


def spectra_steps(setup: Setup, name: str, init: str, count: int) -> Iterator[float | Spectrum]:
    """Draw the network with this number, and take its spectra on the way at a random input.

    The same number gives the same input and the same seed as in the decay view. Yields the share
    that is done, and every spectrum.
    """
    seed = int(np.random.SeedSequence([setup.seed, _NETWORK, count]).generate_state(1)[0])
    x = abs(setup.x) * np.random.default_rng([setup.seed, _INPUT, count]).standard_normal(
        setup.units
    )
    widths = [setup.units] * (setup.depth + 1)
    drawing = random_network_steps(widths, init, name, seed)
    while True:
        try:
            yield 0.2 * next(drawing)
        except StopIteration as end:
            network = end.value
            break
    depths = depths_of(setup.depth)
    for step in jacobian_spectra(name, network.weights, network.biases, x, depths):
        if step.spectrum is not None:
            yield step.spectrum
        yield 0.2 + 0.8 * step.done


# --------------------------------------------------------------------- draw

_BARS = " ▏▎▍▌▋▊▉█"
_LEAST_STRIP = 4


def draw(result: Spectra, setup: Setup, size: Size, marker: str) -> Picture:
    """Two panels with the same axis: a histogram a depth, its bars growing to the right."""
    pair = result.focused(setup)
    heading = _heading(pair, setup, size.width)
    low, high = _limits(pair)
    label_width = 6 if low > -999 else 8
    dead = any(pool.dead for pool in _pools(pair))
    lines = max(size.height - 4 - dead, 2)
    left = (size.width + label_width) // 2
    axis = _Axis(low, high, lines, label_width, dead, log10_threshold(setup))
    gaussian, orthogonal = pair.ensembles
    panels = _panel(gaussian, setup, axis, left - label_width, "curve0").beside(
        _panel(orthogonal, setup, axis, size.width - left, "curve1")
    )
    return Picture.of([heading], size.width).above(_labels(axis).beside(panels))


@dataclass(frozen=True)
class _Axis:
    """log10 σ in so many lines, the largest on top; below them one for what is exactly 0."""

    low: float
    high: float
    lines: int
    label_width: int
    dead: bool
    log10_threshold: float

    def line_of(self, value: float) -> int:
        """The line in which a value lies."""
        share = (self.high - value) / (self.high - self.low)
        return min(max(int(share * self.lines), 0), self.lines - 1)

    def counts(self, pool: Pool) -> Array:
        """How many singular values there are in each line."""
        counts: Array = np.histogram(pool.alive, self.lines, (self.low, self.high))[0][::-1]
        return counts


def _pools(pair: Pair) -> list[Pool]:
    return [Pool(found) for one in pair.ensembles for found in one.spectra.values()]


def _limits(pair: Pair) -> tuple[float, float]:
    """What there is to see at any depth, and σ = 1."""
    values = np.concatenate([np.zeros(1), *(pool.alive for pool in _pools(pair))])
    low, high = float(values.min()), float(values.max())
    margin = max(0.02 * (high - low), 0.25 - 0.5 * (high - low))
    return low - margin, high + margin


def _labels(axis: _Axis) -> Picture:
    """The decades beside the lines."""
    few = axis.high - axis.low <= 3
    texts = [""] * axis.lines
    for tick in tick_values(axis.low, axis.high, max(2, axis.lines // 2)):
        if few or tick == round(tick):
            texts[axis.line_of(tick)] = magnitude(tick) if few else decade(tick)
    if axis.low < axis.log10_threshold < axis.high:
        texts[axis.line_of(axis.log10_threshold)] = magnitude(axis.log10_threshold)
    texts[axis.line_of(0.0)] = "1"
    rows = ["", *texts, *(["0"] if axis.dead else []), "", ""]
    return Picture.of(
        [row((f"{text[: axis.label_width]:>{axis.label_width}}", "axis")) for text in rows],
        axis.label_width,
    )


def _panel(ensemble: Ensemble, setup: Setup, axis: _Axis, width: int, role: str) -> Picture:
    """One histogram a depth, side by side in a frame."""
    inner = width - 2
    depths = _fitting(setup, inner)
    strip = inner // len(depths)
    title = f" {ensemble.weights} "[:inner]
    rows: list[Row] = [
        row(("┌", "axis"), (title, role), ("─" * (inner - len(title)) + "┐", "axis"))
    ]
    columns = [_strip(ensemble.at(depth), axis, strip) for depth in depths]
    one, threshold = axis.line_of(0.0), axis.line_of(axis.log10_threshold)
    inside = axis.low < axis.log10_threshold < axis.high
    for line in range(axis.lines + axis.dead):
        level = "╌" if line == one or (line == threshold and inside) else " "
        spans = [Span("│" if line < axis.lines else "┤", "axis")]
        for column in columns:
            bar = column[line]
            spans += [Span(bar, role), Span(level * (strip - len(bar)), "muted")]
        spans += [Span(level * (inner - strip * len(depths)), "muted"), Span("│", "axis")]
        rows.append(tuple(spans))
    rows.append(row(("└" + "─" * inner + "┘", "axis")))
    labels = [Span(" ")]
    for depth in depths:
        at_cursor = depth == shown_depth(setup)
        text = f"[{depth}]" if at_cursor else f" {depth} "
        labels.append(Span(fit_text(text, strip), "cursor" if at_cursor else "axis"))
    rows.append(tuple(labels))
    return Picture.of(rows, width)


def _strip(pool: Pool | None, axis: _Axis, width: int) -> list[str]:
    """The bars of one depth; the longest is as long as the strip, and none that counts vanishes."""
    if pool is None:
        return [""] * (axis.lines + axis.dead)
    counts = axis.counts(pool)
    eighths = np.ceil(counts / max(counts.max(), 1) * 8 * (width - 1)).astype(int)
    bars = ["█" * (count // 8) + _BARS[count % 8].strip() for count in eighths.tolist()]
    return [*bars, f"{100 * pool.dead:.0f}%"] if axis.dead else bars


def _fitting(setup: Setup, width: int) -> list[int]:
    """As many depths as there is room for, the last and the cursor's among them."""
    depths = depths_of(setup.depth)
    most = max(width // max(_LEAST_STRIP, len(str(setup.depth)) + 2), 1)
    if len(depths) <= most:
        return list(depths)
    kept = {depths[-1]} if most == 1 else {depths[0], depths[-1]}
    kept = {shown_depth(setup)} if most == 1 else kept | {shown_depth(setup)}
    for at in np.linspace(len(depths) - 1, 0, most):
        if len(kept) < most:
            kept.add(depths[round(at)])
    return sorted(sorted(kept, key=lambda one: one != shown_depth(setup))[:most])


def _heading(pair: Pair, setup: Setup, width: int) -> Row:
    """What is drawn, and of how many networks."""
    sigma_w, sigma_b = math.sqrt(pair.sigmas.sigma_w2), math.sqrt(pair.sigmas.sigma_b2)
    count = len(pair.ensembles[1].spectra.get(setup.depth, ()))
    several = f"{count} network{'s' * (count != 1)}" if count else "drawing networks"
    return row_within(
        width,
        Span("       σ of ∂a/∂x by depth", "title"),
        Span(f"  {pair.activation}", "title"),
        Span(f"  σw {plain(sigma_w)}, σb {plain(sigma_b)}"),
        Span(f"  {several}", "muted"),
    )


# ------------------------------------------------------------------ readout

_LEVELS = " ▁▂▃▄▅▆▇█"
_COLUMNS = {"median": 9, "condition": 11, "survive": 9, "zero": 7}
_NAME, _END, _HISTOGRAM = 12, 9, (8, 30)
"""Cells of a name and of the ends of a histogram, and the fewest and most of the histogram."""


def readout(result: Spectra, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each family: the histogram of its singular values at the cursor's depth."""
    pair, depth = result.focused(setup), shown_depth(setup)
    columns = dict(_COLUMNS)
    fixed = _NAME + 2 * (_END + 1)
    for head in ("zero", "condition"):  # what a narrow terminal can do without
        if fixed + _HISTOGRAM[0] + sum(columns.values()) > width:
            del columns[head]
    room = max(min(width - fixed - sum(columns.values()) - 1, _HISTOGRAM[1]), 1)
    heads = f"{'smallest':>{_END}}{'':{room + 2}}{'largest':<{_END}}"
    heads += "".join(f"{head:>{cells}}" for head, cells in columns.items())
    lines = [row((fit_text(f" depth {depth}", _NAME), "title"), (heads, "muted"))]
    for index, ensemble in enumerate(pair.ensembles):
        role, pool = f"curve{index}", ensemble.at(depth)
        name = Span(fit_text(f" {ensemble.weights}", _NAME), role)
        if pool is None:
            lines.append((name, Span(f"{'…':>{_END}}", "muted")))
            continue
        small, large = (magnitude(end) for end in pool.ends)
        cells = _cells(pool, setup)
        lines.append(
            row(
                name,
                f"{small:>{_END}} ",
                (_sparkline(pool, room), role),
                f" {large:<{_END}}",
                "".join(f"{cells[head]:>{wide}}" for head, wide in columns.items()),
            )
        )
    return tuple(lines)


def _sparkline(pool: Pool, width: int) -> str:
    """The histogram of log10 σ between its own ends; none that counts vanishes."""
    if not pool.alive.size:
        return " " * width
    low, high = pool.ends
    middle, half = (low + high) / 2, max((high - low) / 2, 0.005)
    counts = np.histogram(pool.alive, width, (middle - half, middle + half))[0]
    return "".join(_LEVELS[level] for level in np.ceil(counts / counts.max() * 8).astype(int))


def _cells(pool: Pool, setup: Setup) -> dict[str, str]:
    condition = "-" if math.isnan(pool.condition) else magnitude(pool.condition)
    values = (magnitude(pool.median), condition, percent(pool.surviving(setup.threshold)),
              percent(pool.dead))  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))


# ----------------------------------------------------------------- verdicts


def kind_of(pool: Pool, log10_limit: float) -> Kind:
    """What becomes of a typical direction, of those that are not exactly 0."""
    median = pool.median
    if median == -math.inf:
        return Kind.DEAD
    if median < log10_limit:
        return Kind.VANISHING
    return Kind.EXPLODING if median > -log10_limit else Kind.HEALTHY


def finding(result: Spectra, subject: str) -> Finding:
    """The verdict on the weights that were chosen, and what the other family would do."""
    setup, pair = result.setup, result.pair(subject)
    pool, other = pair.chosen.at(setup.depth), pair.other.at(setup.depth)
    called = f"{pair.activation} with {pair.chosen.weights} weights"
    if pool is None:
        return Finding(subject, Kind.HEALTHY, f"{called}: drawing the first network.", "")
    kind = kind_of(pool, log10_threshold(setup))
    remedy = result.remedies.get(subject)
    if remedy is not None:
        remedy = None if kind is Kind.HEALTHY else replace(remedy, before=_median(setup, pool))
    sentence, cause = _sentence(called, setup, pool, kind), _cause(setup, pair, pool, other)
    return Finding(subject, kind, sentence, cause, remedy)


def _sentence(called: str, setup: Setup, pool: Pool, kind: Kind) -> str:
    if kind is Kind.DEAD:
        return f"{called} dead: every singular value of ∂a/∂x at layer {setup.depth} is exactly 0."
    limit = log10_threshold(setup)
    low = kind is Kind.VANISHING or (kind is Kind.HEALTHY and pool.median < 0)
    healthy = f"above {magnitude(limit)}" if low else f"below {magnitude(-limit)}"
    which = "of those that are not 0 " if pool.dead else ""
    return (
        f"{called} {kind}: the median singular value {which}through {setup.depth} layers is "
        f"{magnitude(pool.median)}, and {percent(pool.surviving(setup.threshold))} of the "
        f"directions keep {magnitude(limit)} or more; healthy is a median {healthy}."
    )


def _cause(setup: Setup, pair: Pair, pool: Pool, other: Pool | None) -> str:
    """How far directions drift apart, what the other family does, and where σw stands."""
    parts = []
    if pool.dead:
        parts.append(f"{percent(pool.dead)} of the directions are exactly 0: units are off.")
    if pool.alive.size and setup.depth > 1:
        parts.append(
            f"{pair.chosen.weights} layers pull directions apart by "
            f"{rate(pool.condition / setup.depth)} each, to {magnitude(pool.condition)}"
            + (
                f"; {pair.other.weights} ones of the same σw by "
                f"{rate(other.condition / setup.depth)}, to {magnitude(other.condition)}."
                if other is not None and other.alive.size
                else "."
            )
        )
        parts[-1] = parts[-1][0].upper() + parts[-1][1:]
    sigma_w = math.sqrt(pair.sigmas.sigma_w2)
    if pair.critical is not None and not math.isclose(sigma_w, pair.critical, rel_tol=0.005):
        where = "below" if sigma_w < pair.critical else "above"
        parts.append(f"σw = {plain(sigma_w)} is {where} the critical {plain(pair.critical)}.")
    return " ".join(parts)


def remedy_steps(setup: Setup, pair: Pair) -> Generator[None, None, Remedy | None]:
    """The first change that networks, drawn to try it, confirm."""
    limit = log10_threshold(setup)
    pool = pair.chosen.at(setup.depth)
    if pool is None or kind_of(pool, limit) is Kind.HEALTHY:
        return None
    for label, changes in _candidates(setup, pair):
        changed = setup.with_(**changes).clamped()
        name = changes.get("activations", (pair.activation,))[0]
        init = changes.get("init", (pair.chosen.init,))[0]
        tried = Ensemble("", init)
        for count in range(1, min(networks_of(changed), _TRIALS) + 1):
            for step in spectra_steps(changed, name, init, count):
                if isinstance(step, Spectrum):
                    tried = tried.with_(step)
                yield
        after = tried.at(changed.depth)
        if after is not None and kind_of(after, limit) is Kind.HEALTHY:
            changes = _among_others(setup, pair, changes)
            return Remedy(label, changes, _median(setup, pool), _median(changed, after))
    return None


def _median(setup: Setup, pool: Pool) -> str:
    return (
        f"median {magnitude(pool.median)} at layer {setup.depth}, "
        f"{percent(pool.surviving(setup.threshold))} survive"
    )


def _candidates(setup: Setup, pair: Pair) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Changes worth trying, the least intrusive first."""
    sigma_b = _rounded(math.sqrt(pair.sigmas.sigma_b2))
    inits = [pair.ensembles[1].init]
    if pair.critical is not None:
        inits += [_spec("orthogonal", gain=_rounded(pair.critical), sigma_b=sigma_b),
                  _spec("normal", sigma_w=_rounded(pair.critical), sigma_b=sigma_b)]  # fmt: skip
    for init in inits:
        if init not in (pair.init, pair.chosen.init):
            yield f"init = {init}", {"init": (init,)}
    orthogonal = _spec("orthogonal", gain=1.0, sigma_b=0.0)
    if pair.activation != "tanh":
        yield f"tanh with {orthogonal}", {"activations": ("tanh",), "init": (orthogonal,)}
    for depth in reversed(depths_of(setup.depth)[:-1]):
        yield f"depth = {depth}", {"depth": depth}


def _among_others(setup: Setup, pair: Pair, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The changes with the others of the comparison left as they are, where that can be."""
    if len(setup.init) > 1 and "init" in changes and "activations" not in changes:
        (new,) = changes["init"]
        kept = tuple(new if old == pair.init else old for old in setup.init)
        return {**changes, "init": tuple(dict.fromkeys(kept)), "focus": new}
    return changes


# -------------------------------------------------------------------- table


def table(result: Spectra) -> Table:
    """A row for each singular value."""
    return [
        {
            "activation": pair.activation,
            "weights": ensemble.weights,
            "init": ensemble.init,
            "depth": depth,
            "network": number,
            "index": index,
            "log10_singular_value": value,
        }
        for pair in result.pairs
        for ensemble in pair.ensembles
        for depth, found in ensemble.spectra.items()
        for number, one in enumerate(found, 1)
        for index, value in enumerate(one.log10_singular_values.tolist(), 1)
    ]


def walk_depths(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is deeper, from one spectrum to the next; in tens, to the end."""
    depths = depths_of(setup.depth)
    at = depths.index(shown_depth(setup)) + steps * (len(depths) if tens else 1)
    return setup.with_(layer=depths[min(max(at, 0), len(depths) - 1)])


VIEW = View(
    name="spectrum",
    title="spectrum by depth",
    question="How many directions get through?",
    knobs=("activations", "focus", "depth", "init", "units", "x", "seed", "networks", "threshold"),
    cursor="layer",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk_depths,
    defaults={
        "activations": ("tanh",),
        "depth": 100,
        "model": NETWORK,
        "init": ("normal",),
        "networks": 5,
        "layer": 100,
    },
)
