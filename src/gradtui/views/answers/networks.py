"""Answers from real layers: drawn networks, blocks, and what theory says of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtui.lessons.lesson import Text
from gradtui.models.finding import Kind
from gradtui.models.network.blocks import block_of
from gradtui.models.network.decay import NetworkDecay
from gradtui.models.wording import a_layer
from gradtui.setup import Setup
from gradtui.views.answers.wording import KIND, left, listed
from gradtui.wording import factor, magnitude, percent, plain


def _ratio(decay: NetworkDecay) -> tuple[float, str]:
    """log10 of what arrives in the median, and the factor a layer."""
    ratio = decay.judgement.log10_ratio
    return ratio, a_layer(ratio, decay.depth - decay.law.first)


def _each(result: Any, *, sigma_w: bool = False, stream: bool = False, kind: bool = False) -> Text:
    """What arrives with each of those compared."""
    parts = []
    for decay in result.each:
        ratio, rate = _ratio(decay)
        name, unit = decay.subject.name, decay.subject.layer
        drawn = f" (σw {decay.expectation.sigma_w})" if sigma_w else ""
        grows = block_of(decay.subject).skips and stream
        parts.append(
            Text(
                f"with {name}{drawn} {rate} a {unit}, in all {left(ratio).en}"
                + (f", and the stream ends at {factor(decay.stream)}" if grows else "")
                + f", {decay.kind()}" * kind,
                f"{name}{drawn}: {'블록' if unit == 'block' else '층'}마다 {rate}, 모두"
                f" {left(ratio).ko}"
                + (f", 스트림은 {factor(decay.stream)}" if grows else "")
                + f", {KIND[decay.kind()]}" * kind,
            )
        )
    return listed(parts)


def _best(result: Any) -> str:
    """The one of those compared of which the gradient keeps its size best."""
    best = min(result.each, key=lambda decay: abs(_ratio(decay)[0]))
    name: str = best.subject.name
    return name


def compared(result: Any, setup: Setup) -> Text:
    """What a layer makes of the gradient with each, and with which it keeps its size best."""
    each, best = _each(result, sigma_w=True), _best(result)
    return Text(
        f"Over {setup.depth} layers, in the median of the networks: {each.en}. Of these the"
        f" gradient keeps its size best with {best}.",
        f"{setup.depth}개 층을 지난 기울기의 중앙값입니다. {each.ko}. 이 가운데 기울기의 크기가"
        " 가장"
        f" 잘 유지되는 것은 {best}입니다.",
    )


def holds(result: Any, setup: Setup) -> Text:
    """What a layer makes of the gradient with each, and what becomes of it."""
    each = _each(result, sigma_w=True, kind=True)
    healthy = [one.subject.name for one in result.each if one.kind() is Kind.HEALTHY]
    names = ", ".join(healthy)
    return Text(
        f"Over {setup.depth} layers it holds with {names or 'none of these'}. In the median of the"
        f" networks: {each.en}.",
        f"{setup.depth}개 층에서 기울기가 유지되는 것은 {names or '하나도 없습'}"
        f"{'입' if names else ''}니다. 중앙값은 다음과 같습니다. {each.ko}.",
    )


def skipped(result: Any, setup: Setup) -> Text:
    """What a skip does for the gradient."""
    each = _each(result)
    return Text(
        f"A skip passes the gradient on times 1, beside what the branch adds. Over {setup.depth}"
        f" layers, in the median: {each.en}.",
        f"건너뛰기 연결은 가지가 더하는 몫과 별도로 기울기를 1배로 전합니다. {setup.depth}개 층을"
        f" 지난 중앙값은 다음과 같습니다. {each.ko}.",
    )


def scaled_branches(result: Any, setup: Setup) -> Text:
    """What the branches' factor makes of gradient and stream."""
    each, n = _each(result, stream=True), setup.depth
    return Text(
        f"Each branch adds its variance to the stream's, which so grows again and again; times"
        f" 1/√{n} a branch adds 1/{n} of that. Over {n} blocks, in the median: {each.en}.",
        f"가지마다 분산이 더해져 스트림이 거듭 커지지만, 가지를 1/√{n}배 하면 더해지는 분산이 그"
        f" {n}분의 1에"
        f" 그칩니다. {n}개 블록을 지난 중앙값은 다음과 같습니다. {each.ko}.",
    )


def normalised(result: Any, setup: Setup) -> Text:
    """What a norm before and after the branch makes of gradient and stream."""
    each = _each(result, stream=True)
    return Text(
        "Before the branch a norm leaves the skip alone, and the stream grows; after the sum it is"
        f" on the gradient's way in every block. Over {setup.depth} blocks, in the median:"
        f" {each.en}. Of these the gradient keeps its size best with {_best(result)}.",
        "가지 앞의 정규화는 건너뛰기 연결을 그대로 두어 스트림이 커지고, 더한 뒤의 정규화는"
        " 블록마다"
        f" 기울기가 지나는 길에 놓입니다. {setup.depth}개 블록을 지난 중앙값은 다음과 같습니다."
        f" {each.ko}. 기울기의 크기가 가장 잘 유지되는 것은 {_best(result)}입니다.",
    )


def batch_normed(result: Any, setup: Setup) -> Text:
    """What batch norm makes of a gradient a layer."""
    each = _each(result)
    return Text(
        "A batch norm divides by the spread of what it is given. The scale of the weights cancels"
        " in that, and the activation takes more from the spread than its f′ take from the"
        " gradient, so the gradient grows."
        f" Over {setup.depth} layers, in the median: {each.en}.",
        "배치 정규화는 들어온 값을 그 표준편차로 나눕니다. 가중치의 크기는 이때 상쇄됩니다."
        " 활성화 함수가 표준편차를 줄이는 정도가 f′이 기울기를 줄이는 정도보다 커서 기울기가"
        f" 커집니다. {setup.depth}개 층을 지난 중앙값은 다음과 같습니다. {each.ko}.",
    )


def scattered(result: Any, setup: Setup) -> Text:
    """How networks of this width scatter around theory."""
    decay: NetworkDecay = result.focused(setup)
    assert decay.ensemble is not None
    low, median, high = (factor(float(edge[0] - edge[-1])) for edge in decay.ensemble.quantiles())
    theory = factor(float(decay.law.infinite[0] - decay.law.infinite[-1]))
    count, n, width = decay.ensemble.networks, decay.depth, setup.network.width
    share = plain(n / width)
    return Text(
        f"At infinite width {theory} of the gradient arrives. Of {count} networks of {width} units"
        f" 90 % lie between {low} and {high}, with {median} in the median: the spread grows with"
        f" depth/width, here {n}/{width} = {share}.",
        f"폭이 무한하면 도달하는 기울기는 {theory}입니다. 유닛이 {width}개인 신경망 {count}개"
        " 가운데 90 %는"
        f" {low}에서 {high} 사이에 있고 중앙값은 {median}입니다. 이 퍼짐은 깊이/폭, 여기서는"
        f" {n}/{width} = {share}에 따라 커집니다.",
    )


# ------------------------------------------------------------------ inside the layers


def dying(result: Any, setup: Setup) -> Text:
    """In which layers units pass nothing of any input."""
    network = result.network(setup.focus_of(result.names))
    shares = network.layers.dead
    n, worst = len(shares), int(np.argmax(shares))
    first, last, most = (percent(float(shares[at])) for at in (0, n - 1, worst))
    return Text(
        f"In layer {n} {last} of the units pass nothing for any of the {network.flow.batch} inputs,"
        f" in layer 1 {first}; the most in layer {worst + 1}, {most}. The weights of such a unit"
        " get a gradient of exactly 0 from this batch.",
        f"입력 {network.flow.batch}개 모두에 대해 아무것도 통과시키지 않는 유닛은 {n}번 층에서"
        f" {last}, 1번 층에서 {first}이고, 가장 많은 {worst + 1}번 층에서는 {most}입니다. 이런"
        " 유닛의 가중치는 이 배치에서 정확히 0인 기울기를 받습니다.",
    )


def saturating(result: Any, setup: Setup) -> Text:
    """Where most values are flat, and what f′ and the weights make of the gradient a layer."""
    network = result.network(setup.focus_of(result.names))
    at = int(np.argmax(network.flat))
    share, kind = percent(float(network.flat[at])), network.kind
    weights, slopes = map(factor, network.log10_rates)
    return Text(
        f"Most saturate in layer {at + 1}: {share} of the values there have |f′| under 1 % of its"
        f" maximum. A layer's f′ makes {slopes} of the gradient and its weights {weights}, in the"
        f" geometric mean, so all {network.flow.depth} layers make {factor(network.log10_ratio)}:"
        f" {kind}.",
        f"포화가 가장 심한 곳은 {at + 1}번 층으로, 값의 {share}에서 |f′|이 최댓값의 1 %보다"
        f" 작습니다. 기하평균으로 한 층의 f′은 {slopes}, 가중치는 {weights}이며,"
        f" {network.flow.depth}개 층을 모두 지나면 {factor(network.log10_ratio)}이고 판정은"
        f" {KIND[kind]}입니다.",
    )


def through_directions(result: Any, setup: Setup) -> Text:
    """Which share of the directions survives in each kind of weights."""
    parts = []
    for ensemble in result.focused(setup).ensembles:
        pool = ensemble.at(setup.depth)
        assert pool is not None
        keep, median = percent(pool.surviving(setup.threshold)), magnitude(pool.median)
        title = ensemble.title
        parts.append(
            Text(
                f"{title} weights let {keep} of the directions survive, the median keeping"
                f" {median}",
                f"{title}: 방향의 {keep}, 중앙값 {median}",
            )
        )
    each, limit = listed(parts), plain(setup.threshold)
    return Text(
        f"A direction survives that keeps {limit} of the gradient or more. Through"
        f" {setup.depth} layers {each.en}.",
        f"{setup.depth}개 층을 지나 {limit} 이상이 남는 방향의 비율과, 남는 정도의"
        f" 중앙값입니다. {each.ko}.",
    )


# --------------------------------------------------------------------- initialisation


def advised(result: Any, setup: Setup) -> Text:
    """The weights to draw, how many networks they keep healthy, and which recipes do so too."""
    one, limit = result.focused, setup.log10_threshold
    best, n = one.best, setup.depth
    share = best.share(limit)
    ends, median = f"{magnitude(limit)} to {magnitude(-limit)}", factor(best.known)
    sigmas = f"σw = {best.sigma_w_text(6)}, σb = {plain(best.sigma_b)}"
    do = [
        weights.label
        for weights in one.weights[len(one.ways) :]
        if weights.kind(limit) is Kind.HEALTHY
    ]
    recipes = ", ".join(do)
    also = Text(
        f"Of the recipes in use {recipes} keep it too." if do else "No recipe in use does.",
        f"흔히 쓰는 초기화 가운데 {recipes}도 기울기를 지킵니다."
        if do
        else "흔히 쓰는 초기화 가운데 기울기를 지키는 것은 없습니다.",
    )
    verb = (
        "Draw" if one.advised is not None else "Nothing to rely on was found; the best is to draw"
    )
    sure = (
        "인 가중치를 권합니다"
        if one.advised is not None
        else "인 가중치가 가장 낫지만 믿고 쓸 만하지는 않습니다"
    )
    return Text(
        f"{verb} the weights of {one.subject.activation} with {sigmas}: {share} of {n} layers keep"
        f" {ends} of the gradient, {median} in the median. {also.en}",
        f"{one.subject.activation}에는 {sigmas}{sure}. {n}개 층 신경망 {share.count}개 가운데"
        f" {share.healthy}개에서 기울기의 {magnitude(limit)}~{magnitude(-limit)}배가 남고 중앙값은"
        f" {median}입니다. {also.ko}",
    )


def how_exact(result: Any, setup: Setup) -> Text:
    """From which σw to which the gradient is healthy."""
    advice = result.focused.advice
    name, n = result.focused.subject.activation, setup.depth
    if not advice.possible:
        return Text(
            f"At infinite width no σw leaves {name} healthy over {n} layers.",
            f"폭이 무한할 때 {name}에서 {n}개 층에 걸쳐 정상인 σw는 없습니다.",
        )
    low, high, best = (plain(one, 4) for one in (advice.low, advice.high, advice.sigma_w))
    return Text(
        f"At infinite width every σw from {low} to {high} is healthy for {name} over {n} layers;"
        f" {best} leaves most nearly all of the gradient. Half of that range is"
        f" {percent(advice.tolerance)} of {best}.",
        f"폭이 무한할 때 {name}에서는 σw가 {low}에서 {high} 사이이면 {n}개 층에 걸쳐 정상이며,"
        f" {best}일"
        f" 때 기울기가 가장 온전히 남습니다. 이 범위의 절반은 그 값의 {percent(advice.tolerance)}"
        "입니다.",
    )


# ----------------------------------------------------------------------------- theory


def squares_passed(result: Any, setup: Setup) -> Text:
    """σw² E[f′²], and the σw² that would make it 1."""
    point = result.focused
    sigma_w2 = point.sigma_w**2
    passed = point.chi / sigma_w2 if sigma_w2 else math.nan
    name, product = point.name, f"{plain(sigma_w2)} × {plain(passed)} = {plain(point.chi)}"
    needed = plain(1.0 / passed) if passed else "∞"
    return Text(
        f"A wide layer multiplies the squared norm of a gradient by χ = σw² E[f′²] = {product}."
        f" {name}′ passes {plain(passed)} of the squares on average, where z settles, so it takes"
        f" σw² = 1/{plain(passed)} = {needed}, weights of variance {needed}/n, to keep it.",
        f"폭이 넓은 층이 기울기 노름의 제곱에 곱하는 값은 χ = σw² E[f′²] = {product}입니다. z가"
        f" 수렴한 곳에서 {name}′은"
        f" 제곱의 평균 {plain(passed)}배를 통과시키므로, 기울기를 지키려면"
        f" σw² = 1/{plain(passed)} = {needed}, 곧 분산이 {needed}/n인 가중치가 필요합니다.",
    )


def edge(result: Any, setup: Setup) -> Text:
    """On which side of the edge of chaos the cursor is, and where the edge is."""
    point = result.focused
    rate, chi = factor(point.log10_rate), plain(point.chi, 4)
    side, critical = point.side, point.critical_sigma_w
    sides = {
        "chaotic": Text(
            "the chaotic side: two inputs however alike become different, and gradients grow",
            "혼돈 쪽으로, 아무리 비슷한 두 입력도 달라지고 기울기는 커집니다",
        ),
        "ordered": Text(
            "the ordered side: all inputs become alike, and gradients shrink",
            "질서 쪽으로, 모든 입력이 비슷해지고 기울기는 작아집니다",
        ),
        "critical": Text("the edge itself", "바로 가장자리에 있습니다"),
        "collapsing": Text("here the signal dies out", "신호 자체가 0으로 사라집니다"),
        "unbounded": Text("here the signal grows without bound", "신호 자체가 끝없이 커집니다"),
        "": Text("here theory has no sides", "여기서는 어느 쪽인지 정할 수 없습니다"),
    }
    on = sides[side]
    where = (
        Text("At this σb there is no such edge.", "이 σb에서는 그런 가장자리가 없습니다.")
        if critical is None
        else Text(
            f"The edge, χ = 1, is at σw = {plain(critical, 6)} for σb = {plain(point.sigma_b)}.",
            f"χ = 1인 가장자리는 σb = {plain(point.sigma_b)}일 때 σw = {plain(critical, 6)}입니다.",
        )
    )
    return Text(
        "It is where gradients neither shrink nor grow. At"
        f" σw = {plain(point.sigma_w)} χ is {chi}, {rate} a layer: {on.en}. {where.en}",
        f"기울기가 줄지도 커지지도 않는 곳입니다. σw = {plain(point.sigma_w)}에서 χ는 {chi}이고"
        f" 층마다 {rate}이므로 {on.ko}. {where.ko}",
    )


def most_alpha(result: Any, setup: Setup) -> Text:
    """Up to which α gradient and stream stay in bounds."""
    point = next(one for one in result.points if one.name == setup.focused)
    assert point.most_alpha is not None
    gradient, stream = factor(point.log10_left), factor(point.log10_stream)
    alpha, sigma_w, n = plain(setup.plane.alpha), plain(setup.plane.sigma_w), setup.depth
    most, root = magnitude(_log10(point.most_alpha)), plain(n**-0.5)
    return Text(
        f"{n} blocks with α = {alpha} at σw = {sigma_w} make the gradient {gradient} and the stream"
        f" {stream}. At this σw both stay in bounds for α up to {most}; 1/√{n} is {root}.",
        f"σw = {sigma_w}, α = {alpha}인 블록 {n}개를 지나면 기울기는 {gradient}, 스트림은"
        f" {stream}입니다. 이 σw에서 둘 다 정상인 α는 {most}까지이며, 1/√{n}의 값은 {root}입니다.",
    )


def _log10(value: float) -> float:
    return math.log10(value) if value > 0.0 else -math.inf
