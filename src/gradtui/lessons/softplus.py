"""Softplus: the ReLU without a kink, whose slope is the sigmoid.

Glossary: x the input of the activation.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

_TEN = "chain softplus --depth 10 --biases=-0.6931471805599453 --x 0.6931471805599453"
"""Ten units at 0: softplus(0) = ln 2, from which the bias takes ln 2 again."""

SOFTPLUS = Lesson(
    name="softplus",
    title=Text("Softplus, whose slope is the sigmoid", "도함수가 시그모이드인 softplus"),
    activations=("softplus",),
    steps=(
        Step(
            "softplus(x) = ln(1 + eˣ)",
            Text(
                "Softplus is a ReLU with its corner rounded off: nearly 0 on the left, nearly x on"
                " the right.",
                "softplus는 ReLU의 꺾인 곳을 매끄럽게 다듬은 함수로, 왼쪽에서는 0에, 오른쪽에서는"
                " x에 가깝습니다.",
            ),
            shows="derivative softplus relu --z 2",
        ),
        Step(
            "softplus′(x) = d/dx ln(1 + eˣ)",
            Text(
                "There is no kink, so we may differentiate everywhere.",
                "꺾이는 곳이 없으므로 모든 점에서 미분할 수 있습니다.",
            ),
        ),
        Step(
            "= 1 / (1 + eˣ) · d/dx (1 + eˣ)",
            Text(
                "The logarithm has derivative one over its argument; the chain rule multiplies by"
                " the derivative of the inside.",
                "로그를 미분하면 진수의 역수가 되고, 연쇄 법칙에 따라 괄호 안을 미분하여 곱합니다.",
            ),
        ),
        Step(
            "= 1 / (1 + eˣ) · (0 + eˣ)",
            Text(
                "The constant 1 has derivative 0, and eˣ is its own derivative.",
                "상수 1을 미분하면 0이고, eˣ는 미분해도 자기 자신입니다.",
            ),
        ),
        Step(
            "= eˣ / (1 + eˣ)",
            Text("We write it as one fraction.", "하나의 분수로 씁니다."),
        ),
        Step(
            "= eˣ · e⁻ˣ / ((1 + eˣ) · e⁻ˣ)",
            Text(
                "We multiply above and below by e⁻ˣ, which does not change the fraction.",
                "분자와 분모에 똑같이 e⁻ˣ를 곱하며, 이렇게 해도 분수의 값은 변하지 않습니다.",
            ),
        ),
        Step(
            "= 1 / (1 + e⁻ˣ)",
            Text(
                "Since eˣ · e⁻ˣ = 1, the numerator is 1 and the denominator e⁻ˣ + 1.",
                "eˣ · e⁻ˣ = 1이므로 분자는 1이 되고 분모는 e⁻ˣ + 1이 됩니다.",
            ),
        ),
        Step(
            "= σ(x)",
            Text(
                "This is the sigmoid: what it is as an activation, it is here as a slope.",
                "이것은 바로 시그모이드이며, 여기서는 활성화 함수가 아니라 도함수로 나타납니다.",
            ),
            shows="derivative softplus sigmoid --z 2",
        ),
        Step(
            "0 < σ(x) < 1  ⇒  0 < softplus′(x) < 1",
            Text(
                "No unit enlarges the gradient, and none passes nothing at all, so strictly"
                " speaking none is dead.",
                "기울기를 키우는 유닛도, 전혀 전하지 않는 유닛도 없으므로 엄밀히 말해 죽은 유닛은"
                " 없습니다.",
            ),
        ),
        Step(
            "x → ∞  ⇒  softplus′(x) → 1",
            Text(
                "Far on the right it passes nearly everything, as ReLU does; the picture follows"
                " PyTorch, which above 20 takes x itself, where the slope is 1 but for 2e-9.",
                "오른쪽으로 갈수록 ReLU처럼 기울기를 거의 그대로 전하며, 그림은 PyTorch처럼 20을"
                " 넘으면 x를 그대로 쓰는데 이때 도함수와 1의 차이는 2e-9보다 조금 클 뿐입니다.",
            ),
            shows="derivative softplus --z 5",
            predicts=Prediction(
                Text(
                    "Which number does the slope of softplus approach, but never exceed?",
                    "softplus의 도함수가 한없이 가까워지지만 결코 넘지 못하는 값은 얼마입니까?",
                ),
                "1",
            ),
        ),
        Step(
            "x → −∞  ⇒  softplus′(x) → 0",
            Text(
                "Far on the left the unit saturates all the same, and passes next to nothing.",
                "왼쪽으로 갈수록 유닛이 포화되어 기울기를 거의 전하지 못하는 것은 마찬가지입니다.",
            ),
            shows="derivative softplus --z=-5",
        ),
        Step(
            "softplus′(0) = 1 / (1 + e⁰)",
            Text(
                "At 0, where ReLU has its kink, we put x = 0.",
                "ReLU가 꺾이는 점인 x = 0을 대입합니다.",
            ),
            shows="derivative softplus relu --z 0",
            predicts=Prediction(
                Text(
                    "How large is the slope of softplus at 0, where that of ReLU jumps from 0"
                    " to 1?",
                    "ReLU의 도함수가 0에서 1로 건너뛰는 점 0에서 softplus의 도함수는 얼마입니까?",
                ),
                "σ(0)",
            ),
        ),
        Step(
            "= 1/2",
            Text(
                "Halfway between the two branches of ReLU, it passes half of the gradient.",
                "ReLU의 두 미분계수 0과 1의 한가운데로, 기울기의 절반을 전합니다.",
            ),
        ),
        Step(
            "0.5¹⁰ ≈ 9.7656e-4",
            Text(
                "Ten units at 0 leave less than a thousandth.",
                "입력이 0인 유닛 10개를 지나면 1000분의 1도 남지 않습니다.",
            ),
            shows=_TEN,
            predicts=Prediction(
                Text(
                    "Ten units in a row sit at 0: what do their slopes multiply to?",
                    "입력이 0인 유닛 10개를 지나면 f′의 곱은 얼마가 됩니까?",
                ),
                "0.5¹⁰",
            ),
        ),
    ),
    moral=Text(
        "Softplus mends the kink, not the depth: its slope is below 1 everywhere and only a half"
        " at 0, so with weights of 1 it passes less than ReLU at every active unit. What it gains"
        " is a gradient, however small, for every unit.",
        "softplus는 꺾인 곳을 없앨 뿐 깊이의 문제를 풀어 주지는 않습니다. 도함수가 어디서나 1보다"
        " 작고 0에서는 절반에 지나지 않아, 가중치가 1이라면 활성화된 유닛마다 ReLU보다 적게"
        " 전합니다. 그 대신 어느 유닛이든 아주 작더라도 기울기를 받습니다.",
    ),
)
