"""Answers from recurrent cells, through time."""

from __future__ import annotations

import math
from typing import Any

from gradtui.lessons.lesson import Text
from gradtui.models.quantiles import quantiles
from gradtui.models.recurrent.memory import Memory
from gradtui.models.recurrent.verdict import bias_for
from gradtui.models.wording import a_layer
from gradtui.setup import Setup
from gradtui.views.answers.wording import left, listed
from gradtui.wording import factor, magnitude, percent, plain


def _reach(memory: Memory) -> Text:
    """How far back it remembers."""
    limit, at = magnitude(memory.log10_limit), memory.forgets_at
    if at is None:
        return Text(
            f"even {memory.horizon} steps back {limit} or more arrives",
            f"{memory.horizon}시점을 거슬러 가도 {limit} 이상이 도달합니다",
        )
    return Text(
        f"from {at} steps back on less than {limit} arrives",
        f"{at}시점 이상 거슬러 가면 {limit}보다 작은 기울기만 도달합니다",
    )


def _rate(memory: Memory) -> str:
    return a_layer(memory.judgement.log10_ratio, memory.horizon)


def remembers(result: Any, setup: Setup) -> Text:
    """How far back, and what f′ and W make of it a step."""
    memory = result.focused(setup)
    reach, half = _reach(memory), memory.half_life
    lost = (
        Text("nothing is lost", "잃는 것이 없습니다")
        if half is None
        else Text(f"half is lost in {plain(half)} steps", f"{plain(half)}시점마다 절반을 잃습니다")
    )
    slopes, weights, _ = memory.made_a_step()
    made = (
        Text("", "")
        if math.isnan(slopes)
        else Text(
            f" Of a step's factor f′ makes {factor(slopes)} and W {factor(weights)}.",
            f" 한 시점의 배수 가운데 f′의 몫은 {factor(slopes)}, W의 몫은 {factor(weights)}입니다.",
        )
    )
    name = memory.subject.name
    return Text(
        f"Of the gradient of {name} {reach.en}: a step makes {_rate(memory)} of it, and"
        f" {lost.en}.{made.en}",
        f"{name}에서는 {reach.ko}. 한 시점의 배수는 {_rate(memory)}이고, {lost.ko}.{made.ko}",
    )


def forget_bias(result: Any, setup: Setup) -> Text:
    """How far the forget gate is open, how long that lasts, and which bias would keep enough."""
    memory = result.focused(setup)
    steps, limit = memory.horizon, memory.log10_limit
    keeping = memory.measured.gates.get("f", memory.measured.gates.get("z"))
    assert keeping is not None
    half, needed = math.log(0.5) / math.log(keeping), bias_for(limit, steps)
    reach = _reach(memory)
    return Text(
        f"Here {reach.en}. The gate that keeps the state is open to {plain(keeping)} in the mean,"
        f" which along the state alone halves a gradient in {plain(half)} steps. A forget bias b"
        f" keeps σ(b)^{steps}: {magnitude(limit)} over {steps} steps takes b = {plain(needed)} or"
        " more.",
        f"{reach.ko}. 상태를 유지하는 게이트는 평균 {plain(keeping)}만큼 열려 있어, 상태만"
        f" 따라가면 {plain(half)}시점마다 기울기가 절반이 됩니다. 망각 편향 b는 σ(b)^{steps}만큼"
        " 남기므로"
        f" {steps}시점 동안 {magnitude(limit)} 이상 남기려면 b가 {plain(needed)} 이상이어야"
        " 합니다.",
    )


def which_cell(result: Any, setup: Setup) -> Text:
    """How far back each cell remembers."""
    each = listed(
        [
            Text(
                f"with {memory.subject.name}, {_rate(memory)} a step, {_reach(memory).en}",
                f"{memory.subject.name}(시점마다 {_rate(memory)}): {_reach(memory).ko}",
            )
            for memory in result.each
        ]
    )
    best = max(result.each, key=lambda one: float(one.median[one.horizon])).subject.name
    steps = result.each[0].horizon
    return Text(
        f"Of the gradient, as these are drawn: {each.en}. Most arrives {steps} steps back with"
        f" {best}.",
        f"이렇게 초기화했을 때의 기울기입니다. {each.ko}. {steps}시점을 거슬러 가장 많이 도달하는"
        f" 것은 {best}입니다.",
    )


def clipped(result: Any, setup: Setup) -> Text:
    """What clipping makes of the whole gradient, and what it does not change."""
    memory, clip = result.focused(setup), setup.recurrent.clip
    norms = memory.measured.log10_parameters
    over = int((norms > math.log10(clip)).sum()) if clip else 0
    median = float(quantiles(norms)[1])
    after = magnitude(min(median, math.log10(clip)) if clip else median)
    done = (
        Text("Nothing of ∂L/∂θ is clipped here", "여기서는 클리핑되는 것이 없습니다")
        if not over
        else Text(
            f"Clipping at {plain(clip)} shortens ∂L/∂θ in {over} of {len(norms)} cells",
            f"{plain(clip)}에서 클리핑하면 셀 {len(norms)}개 가운데 {over}개에서 짧아집니다",
        )
    )
    rate = _rate(memory)
    return Text(
        f"{done.en}: its norm is {magnitude(median)} in the median, and"
        f" {after} is what the optimiser gets, so its step is bounded. The direction stays: a step"
        f" back still makes {rate}, and nothing that vanishes comes back.",
        f"{done.ko}. 기울기 전체의 노름은 중앙값이 {magnitude(median)}이고 옵티마이저가 받는 것은"
        f" {after}이므로 갱신의 크기가 제한됩니다. 방향은 그대로여서 한 시점 거슬러 갈 때마다"
        " 곱해지는"
        f" 값은 여전히 {rate}이고, 소실된 기울기가 되살아나지도 않습니다.",
    )


def truncated(result: Any, setup: Setup) -> Text:
    """What truncated backpropagation leaves out."""
    memory, kept, steps = result.focused(setup), setup.recurrent.truncate, setup.recurrent.steps
    cut = memory.measured.cut
    if cut is None:
        return Text(
            f"Nothing is cut off: it goes all {steps} steps back.",
            f"{steps}시점을 모두 거슬러 가므로 잘려 나가는 것이 없습니다.",
        )
    share, rest = percent(max(cut.share, 0.0)), left(cut.log10_arriving)
    return Text(
        f"Cut off after {kept} of {steps} steps, {share} of ∂L/∂W is missing, by the norms of what"
        f" each step adds; {rest.en} of the gradient would have arrived at the first step.",
        f"{steps}시점 가운데 {kept}시점에서 자르면 시점마다 더해지는 노름으로 재어 ∂L/∂W의"
        f" {share}가"
        f" 빠집니다. 자르지 않았다면 첫 시점에 도달했을 기울기는 {rest.ko}입니다.",
    )
