"""Answers from one unit a layer, where the gradient is a plain product."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtui.lessons.lesson import Text
from gradtui.mathematics.activations import activation
from gradtui.mathematics.precision import FORMATS
from gradtui.models.chain.chains import Course
from gradtui.models.chain.decay import ChainDecay
from gradtui.models.wording import a_layer
from gradtui.setup import Setup
from gradtui.views.answers.wording import KIND, joined, left, listed
from gradtui.views.facts import where_largest
from gradtui.wording import factor, magnitude, percent, plain


def most_of(name: str) -> Text:
    """The largest |f′| of an activation, and where it is."""
    f = activation(name)
    most = plain(f.max_abs_derivative)
    return Text(f"{name}′ is at most {most} ({where_largest(f)})", f"{name}′의 최댓값은 {most}")


def deep(result: Any, setup: Setup) -> Text:
    """What a layer makes of the gradient, and what that is over all layers."""
    decay: ChainDecay = result.focused(setup)
    course, kind = decay.course, decay.kind()
    ratio = course.judged(setup.log10_threshold).log10_ratio
    most, each, rest = most_of(decay.subject.activation), a_layer(ratio, course.steps), left(ratio)
    slopes, weights = float(course.slopes.sum()), float(course.weights.sum())
    return Text(
        f"Each layer multiplies the gradient by f′ · w, and {most.en}. Here a layer makes {each} of"
        f" it on average: after {course.steps} layers {rest.en} of the loss's gradient arrives at"
        f" the input, {kind}. Of that the f′ make {factor(slopes)}, the weights {factor(weights)}.",
        f"층마다 기울기에 f′ · w가 곱해지며, {most.ko}입니다. 여기서 한 층의 배수는 평균"
        f" {each}이고,"
        f" {course.steps}개 층을 지나 입력에 도달하는 기울기는 손실 쪽의 {rest.ko}이고"
        f" 판정은 {KIND[kind]}입니다. f′ 전체의 곱은 {factor(slopes)}, 가중치 전체의 곱은"
        f" {factor(weights)}입니다.",
    )


def which_factor(result: Any, setup: Setup) -> Text:
    """Whether it is the f′ or the weights that shrink the gradient, and the worst layer."""
    course = Course(result.chain, "")
    slopes, weights = float(course.slopes.sum()), float(course.weights.sum())
    worst = int(np.argmin(course.slopes))
    z, slope = float(result.chain.z[worst]), float(course.slopes[worst])
    if min(slopes, weights) >= 0.0:
        who = Text("neither takes anything of it", "어느 쪽도 기울기를 줄이지 않습니다")
    elif slopes <= weights:
        who = Text("so the f′ take the most of it", "기울기를 더 줄이는 쪽은 f′입니다")
    else:
        who = Text("so the weights take the most of it", "기울기를 더 줄이는 쪽은 가중치입니다")
    return Text(
        f"On the way from the loss to w₁ the f′ together make {factor(slopes)} of the gradient and"
        f" the weights {factor(weights)}, {who.en}. Of the f′ that of layer {worst + 1} is the"
        f" least, {magnitude(slope)} at z = {plain(z)}.",
        f"손실에서 w₁까지 f′ 전체의 곱은 {factor(slopes)}, 가중치 전체의 곱은"
        f" {factor(weights)}이므로"
        f" {who.ko}. f′이 가장 작은 곳은 {worst + 1}번 층으로, z = {plain(z)}에서"
        f" {magnitude(slope)}입니다.",
    )


def away_from_the_top(result: Any, setup: Setup) -> Text:
    """Where the units stand beside the z at which f′ is largest."""
    course = Course(result.chain, "")
    name = result.subject.activation
    z = float(np.median(np.abs(result.chain.z)))
    slopes, weights = float(course.slopes.mean()), float(np.mean(course.weights))
    total, n = float(course.curve[0] - course.curve[-1]), course.steps
    most, rest = most_of(name), left(total)
    made_up = plain(1.0 / activation(name).max_abs_derivative)
    return Text(
        f"{most.en}, and only there would weights of {made_up} keep the gradient. Here |z| is"
        f" {plain(z)} in the median: in the geometric mean f′ makes {factor(slopes)} a layer and a"
        f" weight {factor(weights)}, so after {n} layers {rest.en} of the loss's gradient is left"
        " in ∂L/∂w₁.",
        f"{most.ko}이고, 가중치가 {made_up}일 때 기울기가 그대로 남는 것은 그 점에서뿐입니다."
        " 여기서"
        f" |z|의 중앙값은 {plain(z)}이며, 기하평균으로 한 층의 f′은 {factor(slopes)}, 가중치는"
        f" {factor(weights)}입니다. 그래서 {n}개 층을 지나 ∂L/∂w₁에 남는 기울기는 손실 쪽의"
        f" {rest.ko}입니다.",
    )


def dead(result: Any, setup: Setup) -> Text:
    """Whether some f′ is exactly 0, and where; else how small the product is."""
    course, name = Course(result.chain, ""), result.subject.activation
    zeros = np.flatnonzero(course.slopes == -math.inf)
    if zeros.size:
        at = int(zeros[0])
        z = plain(float(result.chain.z[at]))
        return Text(
            f"It is dead: at layer {at + 1} z = {z}, where {name}′ is exactly 0, so exactly nothing"
            " goes on from there to the layers below, however large their weights are.",
            f"죽은 유닛입니다. {at + 1}번 층에서 z = {z}이고 그곳에서 {name}′은 정확히 0이므로, 그"
            " 아래 층에는 가중치가 아무리 커도 기울기가 전혀 전해지지 않습니다.",
        )
    ratio = float(course.curve[0] - course.curve[-1])
    kind, least = course.judged(setup.log10_threshold).kind, float(course.slopes.min())
    return Text(
        f"It is not dead: no f′ is exactly 0, the least is {magnitude(least)}. ∂L/∂w₁ is"
        f" {left(ratio).en} of the loss's gradient, {kind}.",
        f"죽은 유닛은 없습니다. 정확히 0인 f′은 없고 가장 작은 것이 {magnitude(least)}입니다."
        f" ∂L/∂w₁은 손실 쪽 기울기의 {left(ratio).ko}이며 판정은 {KIND[kind]}입니다.",
    )


def better(result: Any, setup: Setup) -> Text:
    """What arrives with each activation, and which of them loses least."""
    parts, found = [], {}
    for decay in result.each:
        name, course = decay.subject.activation, decay.course
        ratio = found[name] = course.judged(setup.log10_threshold).log10_ratio
        most, each, rest = most_of(name), a_layer(ratio, course.steps), left(ratio)
        parts.append(
            Text(
                f"{most.en}; a layer makes {each}, and {rest.en} arrives",
                f"{most.ko}, 층마다 {each}, 입력에 도달하는 기울기는 {rest.ko}",
            )
        )
    best = min(found, key=lambda name: abs(found[name]))
    text = listed(parts)
    return Text(
        f"After {setup.depth} layers with these weights: {text.en}. So {best} is better here.",
        f"이 가중치로 {setup.depth}개 층을 지나면 {text.ko}입니다. 따라서 여기서는 {best} 쪽이"
        " 낫습니다.",
    )


def stackable(result: Any, setup: Setup) -> Text:
    """How many layers of each can be stacked."""
    each = [
        (
            decay.subject.activation,
            decay.cells(setup.layer)["max depth"],
            a_layer(decay.course.judged(setup.log10_threshold).log10_ratio, decay.course.steps),
        )
        for decay in result.each
    ]
    limit = plain(setup.threshold)
    return Text(
        f"As many as leave {limit} of the gradient or more, and no more than the inverse of that:"
        f" {'; '.join(f'{depth} of {name}, at {rate} a layer' for name, depth, rate in each)}.",
        f"남는 기울기가 {limit}보다 작아지거나 그 역수보다 커지지 않을 때까지입니다."
        f" {', '.join(f'{name}: {depth}개 층(층마다 {rate})' for name, depth, rate in each)}"
        "입니다.",
    )


def in_float16(result: Any, setup: Setup) -> Text:
    """Where float16 gives up, which loss scale helps, and what bfloat16 makes of it."""
    formats = result.focused(setup).formats
    half, brain = FORMATS[0], FORMATS[1]
    parts = []
    for format in (half, brain):
        zero = formats.first_zero(format)
        if zero is None:
            parts.append(
                Text(
                    f"In {format.name} no layer's gradient becomes 0.",
                    f"{format.name}에서는 0이 되는 기울기가 없습니다.",
                )
            )
        else:
            least = magnitude(format.log10_zero)
            parts.append(
                Text(
                    f"In {format.name}, which rounds {least} and less to 0, the gradient is lost"
                    f" first at layer {zero} on the way back.",
                    f"{least} 이하를 0으로 반올림하는 {format.name}에서는 거꾸로 가는 길의"
                    f" {zero}번 층에서 처음으로 기울기가 0이 됩니다.",
                )
            )
        scales = formats.scales(format)
        if scales is None:
            parts.append(Text("No loss scale helps it.", "손실 스케일로도 해결되지 않습니다."))
        elif format is half:
            low, high = map(magnitude, scales)
            parts.append(
                Text(
                    f"A loss scale from {low} to {high} loses and overflows nothing there.",
                    f"손실 스케일이 {low}에서 {high} 사이이면 0이나 inf가 되는 값이 없습니다.",
                )
            )
    return joined(*parts)


def let_through(result: Any, setup: Setup) -> Text:
    """What a unit lets through at the cursor's z."""
    f, z = activation(setup.focused), setup.slope.z
    slope = float(f.derivative(z))
    share = abs(slope) / f.max_abs_derivative
    return Text(
        f"At z = {plain(z)} {f.name}′ is {plain(slope)}: that is the factor for the gradient there,"
        f" {percent(share)} of its most, {plain(f.max_abs_derivative)} {where_largest(f)}.",
        f"z = {plain(z)}에서 {f.name}′은 {plain(slope)}이고, 기울기에 이 값이 곱해집니다. 최댓값"
        f" {plain(f.max_abs_derivative)}의 {percent(share)}입니다.",
    )


def derived(result: Any, setup: Setup) -> Text:
    """σ′ = σ (1 - σ) in numbers."""
    f, z = activation("sigmoid"), setup.slope.z
    value, slope = float(f(z)), float(f.derivative(z))
    said = (
        f"σ({plain(z)}) = {plain(value, 6)}, 1 - σ = {plain(1.0 - value, 6)}, "
        f"σ · (1 - σ) = {plain(value * (1.0 - value), 6)}, σ′({plain(z)}) = {plain(slope, 6)}"
    )
    return Text(
        f"From the power rule and the chain rule, in ten lines that `gradtui learn sigmoid` prints."
        f" In numbers: {said}.",
        "거듭제곱의 미분법과 연쇄 법칙에서 나오며, `gradtui learn sigmoid --language ko`가 열 줄의"
        f" 유도 과정을 보여 줍니다. 수로 확인하면 {said}입니다.",
    )
