"""SiLU: the input times its sigmoid, and a slope that passes 1.

Glossary: x the input of the activation, σ the sigmoid.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

SILU = Lesson(
    name="silu",
    title=Text("SiLU, whose slope passes 1", "도함수가 1을 넘는 SiLU"),
    activations=("silu",),
    steps=(
        Step(
            "SiLU(x) = x · σ(x)",
            Text(
                "The sigmoid serves as a gate here: it says how much of the input x passes.",
                "여기서 시그모이드는 입력 x를 얼마나 통과시킬지 정하는 게이트 구실을 합니다.",
            ),
            shows="derivative silu relu --z 1",
        ),
        Step(
            "SiLU′(x) = d/dx (x · σ(x))",
            Text(
                "Both factors depend on x, so the product rule is needed.",
                "두 인수가 모두 x의 함수이므로 곱의 미분법이 필요합니다.",
            ),
        ),
        Step(
            "= d/dx x · σ(x) + x · d/dx σ(x)",
            Text(
                "The product rule differentiates one factor at a time.",
                "곱의 미분법에 따라 인수를 하나씩 차례로 미분하여 더합니다.",
            ),
        ),
        Step(
            "= 1 · σ(x) + x · σ(x) · (1 − σ(x))",
            Text(
                "x has derivative 1, and the derivative of the sigmoid we know.",
                "x를 미분하면 1이고, 시그모이드의 도함수는 이미 알고 있습니다.",
            ),
        ),
        Step(
            "= σ(x) · (1 + x · (1 − σ(x)))",
            Text(
                "We take out the common factor σ(x).",
                "공통인수 σ(x)로 묶습니다.",
            ),
        ),
        Step(
            "SiLU′(0) = σ(0) · (1 + 0 · (1 − σ(0)))",
            Text(
                "We put x = 0, where the gate is half open.",
                "게이트가 반쯤 열리는 x = 0을 대입합니다.",
            ),
            shows="derivative silu --z 0",
            predicts=Prediction(
                Text(
                    "At 0 the gate is half open: how large is the slope there?",
                    "x = 0에서는 게이트가 반쯤 열려 있습니다. 이때 도함수의 값은 얼마입니까?",
                ),
                "σ(0)",
            ),
        ),
        Step(
            "= 1/2",
            Text(
                "At 0 it passes half, twice as much as the sigmoid itself.",
                "0에서는 기울기의 절반을 전하며, 이는 시그모이드의 두 배입니다.",
            ),
        ),
        Step(
            "SiLU′(x) + SiLU′(−x) = 1",
            Text(
                "Since σ(−x) = 1 − σ(x), the slopes at x and −x always add up to 1, so one exceeds"
                " 1 exactly where the other is negative.",
                "σ(−x) = 1 − σ(x)이므로 x와 −x에서의 미분계수를 더하면 언제나 1이고, 한쪽이 1보다"
                " 크면 다른 쪽은 음수입니다.",
            ),
        ),
        Step(
            "SiLU″(x) = d/dx [σ(x) · (1 + x · (1 − σ(x)))]",
            Text(
                "To find where the slope is greatest we differentiate once more.",
                "도함수가 최대가 되는 점을 찾기 위해 한 번 더 미분합니다.",
            ),
        ),
        Step(
            "= σ(x) · (1 − σ(x)) · (2 + x · (1 − 2σ(x)))",
            Text(
                "The product rule again, with σ(x) · (1 − σ(x)) taken out.",
                "다시 곱의 미분법을 쓰고 σ(x) · (1 − σ(x))로 묶습니다.",
            ),
        ),
        Step(
            "x · (2σ(x) − 1) = 2  ⇒  x ≈ ±2.3994",
            Text(
                "The first two factors are never 0, and the third is 0 at two places, which can"
                " only be computed.",
                "앞의 두 인수는 0이 되지 않고, 셋째 인수는 두 점에서 0이 되는데 그 값은 수치로만"
                " 구할 수 있습니다.",
            ),
            shows="derivative silu --z 2.3994",
        ),
        Step(
            "SiLU′(2.3994) ≈ 1.0998",
            Text(
                "On the right the slope is greatest and exceeds 1: such a unit enlarges the"
                " gradient by 10 %.",
                "오른쪽 점에서 도함수가 최대이고 1보다 커서, 이런 유닛은 기울기를 10 % 키웁니다.",
            ),
            predicts=Prediction(
                Text(
                    "How large is the slope of SiLU at most?",
                    "SiLU의 도함수는 최대 얼마까지 커집니까?",
                ),
                "σ(2.39935728) · (1 + 2.39935728 · (1 − σ(2.39935728)))",
            ),
        ),
        Step(
            "SiLU′(−2.3994) ≈ −0.0998",
            Text(
                "On the left it is least and negative: such a unit passes a tenth, with the sign"
                " turned.",
                "왼쪽 점에서는 최소이고 음수여서, 이런 유닛은 기울기의 10분의 1을 부호를 바꾸어"
                " 전합니다.",
            ),
            shows="derivative silu --z=-2.3994",
        ),
        Step(
            "x → −∞  ⇒  SiLU′(x) → 0",
            Text(
                "Farther left the gate closes, and the unit saturates.",
                "더 왼쪽으로 가면 게이트가 닫혀 유닛이 포화됩니다.",
            ),
            shows="derivative silu --z=-6 --z-range=-12:6",
        ),
        Step(
            "x → ∞  ⇒  SiLU′(x) → 1",
            Text(
                "Farther right the gate is open, and x passes as with ReLU.",
                "더 오른쪽으로 가면 게이트가 열려 ReLU처럼 x가 그대로 통과합니다.",
            ),
            shows="derivative silu relu --z 6 --z-range=-6:12",
        ),
    ),
    moral=Text(
        "SiLU passes about as much as ReLU, without a kink and with no side on which the slope is"
        " exactly 0. Its bound of 1.1 makes nothing vanish; but units whose input is near 0 or"
        " well below pass about half or less, so depth still needs the right weights.",
        "SiLU는 기울기를 ReLU와 비슷한 만큼 전하면서도 꺾이는 곳이 없고, 어느 한쪽에서 도함수가"
        " 통째로 0이 되지도 않습니다. 상한이 1.1이므로 상한 때문에 기울기가 소실되지는 않습니다."
        " 그러나 입력이 0에 가깝거나 그보다 한참 작은 유닛은 절반 이하만 전하므로, 깊은"
        " 신경망에서는 여전히 가중치를 알맞게 정해야 합니다.",
    ),
)
