"""ReLU: its two branches, the kink between them, and its price.

Glossary: x the input, h a small step, g a subgradient, z a unit's input at layer k of n, w and b
the weights and bias of one unit, L the loss.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

RELU = Lesson(
    name="relu",
    title=Text("Enter ReLU", "ReLU의 등장"),
    activations=("relu",),
    steps=(
        Step(
            "ReLU(x) = max(x, 0)",
            Text(
                "A positive input passes unchanged, and any other becomes 0.",
                "양수인 입력은 그대로 통과하고, 그 밖의 입력은 0이 됩니다.",
            ),
            shows="derivative relu --z 2",
        ),
        Step(
            "x > 0:  ReLU′(x) = d/dx x",
            Text(
                "On the right of 0 the larger of x and 0 is x, so we differentiate x.",
                "0의 오른쪽에서는 x와 0 중 큰 쪽이 x이므로 x를 미분합니다.",
            ),
        ),
        Step(
            "= 1",
            Text(
                "The slope is 1 however large x is: this side does not saturate.",
                "x가 아무리 커도 도함수는 1이므로 이쪽에서는 포화가 일어나지 않습니다.",
            ),
        ),
        Step(
            "x < 0:  ReLU′(x) = d/dx 0",
            Text(
                "On the left of 0 the larger one is 0, so we differentiate a constant.",
                "0의 왼쪽에서는 큰 쪽이 0이므로 상수를 미분합니다.",
            ),
            shows="derivative relu --z=-2",
        ),
        Step(
            "= 0",
            Text(
                "The slope of a constant is 0: this side passes nothing back.",
                "상수의 도함수는 0이므로 이쪽에서는 기울기가 전혀 역전파되지 않습니다.",
            ),
        ),
        Step(
            "h → 0⁺:  (ReLU(h) − ReLU(0)) / h = h / h → 1",
            Text(
                "At 0 itself we go back to the definition, first with a small step h to the right.",
                "0에서는 미분의 정의로 돌아가, 먼저 h를 오른쪽에서 0으로 보내며 극한을 구합니다.",
            ),
            shows="derivative relu --z 0",
        ),
        Step(
            "h → 0⁻:  (ReLU(h) − ReLU(0)) / h = 0 / h → 0",
            Text(
                "A step to the left gives another limit, so ReLU has a kink at 0 and no derivative"
                " there.",
                "h를 왼쪽에서 보내면 극한이 달라지므로, ReLU는 0에서 꺾이며 미분할 수 없습니다.",
            ),
        ),
        Step(
            "∀x: max(x, 0) ≥ g · x  ⇔  0 ≤ g ≤ 1",
            Text(
                "The slope of any line through the origin that never rises above the graph will"
                " do, so the subgradients at 0 fill the interval [0, 1].",
                "원점을 지나면서 그래프 위로 올라가지 않는 직선의 기울기를 모두 허용하므로, 0에서의"
                " 서브그래디언트(subgradient)는 구간 [0, 1]입니다.",
            ),
        ),
        Step(
            "ReLU′(0) := 0",
            Text(
                "A program must choose one of them, and we choose 0 as PyTorch and JAX do.",
                "프로그램은 그중 하나를 골라야 하며, 여기서는 PyTorch와 JAX처럼 0을 택합니다.",
            ),
        ),
        Step(
            "z₁, …, zₙ > 0  ⇒  ∏ₖ₌₁ⁿ ReLU′(zₖ) = 1",
            Text(
                "Along a path of active units every f′ is 1, so at any depth only the weights"
                " shrink or stretch the gradient.",
                "활성화된 유닛으로 이어진 경로에서는 모든 f′이 1이므로, 아무리 깊어도 기울기를"
                " 바꾸는 것은 가중치뿐입니다.",
            ),
            shows="decay relu sigmoid --depth 50",
            predicts=Prediction(
                Text(
                    "Fifty active units in a row: what do their slopes multiply to?",
                    "활성화된 유닛 50개를 지나면 f′의 곱은 얼마가 됩니까?",
                ),
                "1⁵⁰",
            ),
        ),
        Step(
            "∀x: w · x + b ≤ 0  ⇒  ∂L/∂w = 0,  ∂L/∂b = 0",
            Text(
                "The price: a unit that is off for every input x of the data gets no gradient, so"
                " its own weights can no longer bring it back.",
                "그 대가로, 데이터의 모든 입력 x에서 꺼져 있는 유닛은 기울기를 받지 못해 가중치가"
                " 갱신되지 않으며, 스스로 되살아날 수 없습니다.",
            ),
            shows="chain relu --depth 3 --biases=-2",
            predicts=Prediction(
                Text(
                    "A unit is off for every input: how much gradient do its own weights get?",
                    "모든 입력에서 꺼져 있는 유닛의 가중치에는 기울기가 얼마나 전해집니까?",
                ),
                "0",
            ),
        ),
    ),
    moral=Text(
        "ReLU takes the quarter out of the product: on active paths f′ is exactly 1. What remains"
        " is the weights, which need the right scale, and dead units, which block the gradient"
        " altogether.",
        "ReLU를 쓰면 곱에서 4분의 1이 사라지고, 활성화된 경로에서 f′은 정확히 1이 됩니다. 남는"
        " 문제는 알맞은 크기로 정해야 하는 가중치와, 기울기를 완전히 막아 버리는 죽은 유닛입니다.",
    ),
)
