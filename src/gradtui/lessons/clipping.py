"""Gradient clipping: what it bounds, what it keeps, and what it cannot do.

Glossary: g the gradient of all parameters, gᵢ an entry, gₗ and gₖ the parts of two layers, c the
clip, a the factor of clipping by norm, y the gradient after it, η the learning rate.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

CLIPPING = Lesson(
    name="clipping",
    title=Text("What clipping does and cannot do", "기울기 클리핑으로 되는 것과 안 되는 것"),
    activations=(),
    steps=(
        Step(
            "a = min(1, c / ‖g‖)",
            Text(
                "Clipping by norm takes one factor for all parameters, below 1 only where the norm"
                " of g exceeds c.",
                "노름 클리핑은 모든 매개변수에 같은 배율을 쓰며, g의 노름이 c를 넘을 때만 이"
                " 배율이 1보다 작아집니다.",
            ),
            shows="time relu --init gaussian(1.6) --clip 1 --steps 100",
        ),
        Step(
            "y = a · g",
            Text(
                "The whole gradient is multiplied by it.",
                "기울기 전체에 이 배율을 곱합니다.",
            ),
        ),
        Step(
            "‖y‖ = ‖g‖ · min(1, c / ‖g‖)",
            Text(
                "a is positive, so it multiplies the norm too.",
                "a는 양수이므로 노름에도 그대로 곱해집니다.",
            ),
        ),
        Step(
            "= min(‖g‖, c)",
            Text(
                "Whatever explodes comes out no longer than c.",
                "기울기가 아무리 폭발해도 그 노름은 c를 넘지 않게 됩니다.",
            ),
            predicts=Prediction(
                Text(
                    "‖g‖ = 1,000,000 and c = 1: what is the norm after clipping?",
                    "‖g‖ = 1,000,000이고 c = 1이면 클리핑한 뒤의 노름은 얼마입니까?",
                ),
                "min(1,000,000, 1)",
            ),
        ),
        Step(
            "y / ‖y‖ = g / ‖g‖",
            Text(
                "The factor cancels, so the direction is the same: a shorter step downhill.",
                "배율이 약분되므로 방향은 그대로이고, 같은 내리막길을 더 짧게 내려갈 뿐입니다.",
            ),
        ),
        Step(
            "‖η · y‖ ≤ η · c",
            Text(
                "A step of gradient descent is then bounded, and one steep place no longer throws"
                " the weights away.",
                "그러면 경사 하강법의 한 걸음이 일정한 길이를 넘지 않아, 가파른 곳을 한 번 만나도"
                " 가중치가 멀리 튀지 않습니다.",
            ),
        ),
        Step(
            "yᵢ = max(−c, min(gᵢ, c))",
            Text(
                "Clipping by value cuts every entry for itself.",
                "값 클리핑은 성분마다 따로 잘라 냅니다.",
            ),
            shows="time relu --init gaussian(1.6) --clip-value 0.01 --steps 100",
        ),
        Step(
            "(1 · 1 + 10 · 1) / (√101 · √2)",
            Text(
                "That turns the gradient: of g = (1, 10) the clip 1 makes (1, 1), and this is the"
                " cosine of the angle between them.",
                "그러면 기울기의 방향이 바뀌는데, g = (1, 10)을 1로 자르면 (1, 1)이 되며 이 값은"
                " 두 벡터 사이의 각의 코사인입니다.",
            ),
        ),
        Step(
            "= 11 / √202",
            Text(
                "It is below 1, so the angle is not 0.",
                "이 값이 1보다 작으므로 각은 0이 아닙니다.",
            ),
            predicts=Prediction(
                Text(
                    "How large is this cosine, where 1 would be the same direction?",
                    "방향이 같으면 1이 되는 이 코사인의 값은 얼마입니까?",
                ),
                "11 / √202",
            ),
        ),
        Step(
            "≈ 0.7740",
            Text(
                "The step now goes 39 degrees beside the gradient.",
                "이제 걸음은 기울기에서 39도 벗어난 쪽을 향합니다.",
            ),
        ),
        Step(
            "‖g‖ ≤ c  ⇒  y = g",
            Text(
                "What has vanished stays as it is: no factor of clipping is above 1.",
                "클리핑의 배율은 1을 넘지 않으므로, 이미 소실된 기울기는 그대로입니다.",
            ),
            shows="time tanh --clip 10 --steps 100",
        ),
        Step(
            "‖a · gₗ‖ / ‖a · gₖ‖",
            Text(
                "Where something is clipped, we compare two layers, or two steps back, after it.",
                "클리핑이 일어난 뒤에 두 층, 또는 두 시점에서 온 기울기의 비가 어떻게 되는지 구해"
                " 봅니다.",
            ),
            shows="time tanh --clip 1 --steps 100",
        ),
        Step(
            "= ‖gₗ‖ / ‖gₖ‖",
            Text(
                "As before: clipping by norm shortens all alike, and what came from far away is"
                " drowned as it was.",
                "이전과 똑같으며, 노름 클리핑은 모두를 같은 배율로 줄이므로 멀리서 온 기울기는"
                " 여전히 묻혀 있습니다.",
            ),
        ),
    ),
    moral=Text(
        "Clipping is a belt against steps that are too long, and no cure: it bounds what explodes"
        " and does nothing for what vanishes. What vanishes needs another initialisation, a gate,"
        " a skip or a norm.",
        "클리핑은 지나치게 긴 걸음을 막는 안전띠일 뿐 치료법이 아닙니다. 폭발하는 기울기는"
        " 제한하지만 소실되는 기울기에는 아무 도움이 되지 않습니다. 소실에는 초기화를 바꾸거나"
        " 게이트, 잔차 연결, 정규화를 쓰는 처방이 필요합니다.",
    ),
)
