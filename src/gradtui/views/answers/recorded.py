"""Answers from what somebody recorded."""

from __future__ import annotations

from typing import Any

from gradtui.lessons.lesson import Text
from gradtui.models.recorded.judged import diagnose
from gradtui.setup import Setup
from gradtui.views.answers.wording import KIND


def own_run(result: Any, setup: Setup) -> Text:
    """What ails the run, since when, and what next."""
    one = result.focused(setup)
    found = diagnose(one)
    how = "gradtui run PATH"
    if not one.symptoms:
        return Text(
            f"{how} says it of yours; the run {one.name} is {found.sentence}",
            f"자신의 실행에는 {how}를 쓰십시오. 실행 {one.name}의 판정은 {KIND[one.kind]}입니다.",
        )
    first = one.symptoms[0]
    where = f", {first.layer}" * bool(first.layer)
    return Text(
        f"{how} says it of yours. Of the run {one.name}: {first.sentence} Next: {first.next}",
        f"자신의 실행에는 {how}를 쓰십시오. 실행 {one.name}: {first.step}번째 스텝{where}부터"
        f" {KIND[first.kind]} 증상을 보입니다.",
    )


def watched(result: Any, setup: Setup) -> Text:
    """When watching would have told."""
    one = result.focused(setup)
    how = "gradtui watch PATH"
    told = Text(
        f"Yes: {how} shows it while it is written and says when the verdict changes; with --until"
        " unhealthy it ends with status 1, so that a script can stop the training.",
        f"{how}가 기록되는 동안 보여 주고 판정이 바뀌면 알립니다. --until unhealthy를 주면 상태 1로"
        " 끝나므로 스크립트에서 학습을 멈출 수 있습니다.",
    )
    if not one.symptoms:
        return Text(
            f"{told.en} Nothing ails the run {one.name}.",
            f"{told.ko} 실행 {one.name}에는 이상이 없습니다.",
        )
    first = min(symptom.step for symptom in one.symptoms)
    return Text(
        f"{told.en} What ails the run {one.name} begins at step {first}.",
        f"{told.ko} 실행 {one.name}의 이상은 {first}번째 스텝에서 시작됩니다.",
    )


def own_weights(result: Any, setup: Setup) -> Text:
    """Which command looks into a file of weights."""
    return Text(
        "gradtui weights FILE says of each tensor of a checkpoint how large it is, what is wrong"
        " with it and which recipe it looks like; with --activation what a gradient makes of a"
        " stack of Linear layers, too. Nothing in the file is run.",
        "gradtui weights FILE이 체크포인트의 텐서마다 크기와 이상, 어떤 초기화와 비슷한지"
        " 알려 줍니다. --activation을 주면 Linear 층을 쌓은 것에서 기울기가 어떻게 되는지도 보여"
        " 주며, 파일에 든 코드는 실행하지 않습니다.",
    )
