"""GELU: the input times the share of a normal distribution below it.

Glossary: x the input of the activation, Φ the cumulative distribution function of the standard
normal distribution, φ its density.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

GELU = Lesson(
    name="gelu",
    title=Text("GELU, the gate of the transformers", "트랜스포머의 활성화 함수 GELU"),
    activations=("gelu",),
    steps=(
        Step(
            "GELU(x) = x · Φ(x)",
            Text(
                "The gate is Φ(x), the probability that a standard normal number is below x.",
                "여기서 게이트는 표준정규분포를 따르는 값이 x보다 작을 확률 Φ(x)입니다.",
            ),
            shows="derivative gelu relu --z 1",
        ),
        Step(
            "φ(x) = exp(−x²/2) / √(2π)",
            Text(
                "Its density is the bell curve.",
                "그 확률밀도함수는 종 모양의 곡선입니다.",
            ),
        ),
        Step(
            "Φ′(x) = φ(x)",
            Text(
                "A cumulative distribution function has the density as its derivative.",
                "누적분포함수를 미분하면 확률밀도함수가 됩니다.",
            ),
        ),
        Step(
            "GELU′(x) = d/dx (x · Φ(x))",
            Text(
                "Both factors depend on x, so the product rule is needed.",
                "두 인수가 모두 x의 함수이므로 곱의 미분법이 필요합니다.",
            ),
        ),
        Step(
            "= d/dx x · Φ(x) + x · d/dx Φ(x)",
            Text(
                "The product rule differentiates one factor at a time.",
                "곱의 미분법에 따라 인수를 하나씩 차례로 미분하여 더합니다.",
            ),
        ),
        Step(
            "= Φ(x) + x · φ(x)",
            Text(
                "x has derivative 1 and Φ has φ: the gate, and what moving the gate adds.",
                "x를 미분하면 1, Φ를 미분하면 φ이므로, 게이트의 값에 게이트가 움직이는 몫이"
                " 더해집니다.",
            ),
        ),
        Step(
            "GELU′(0) = Φ(0) + 0 · φ(0)",
            Text(
                "We put x = 0, below which half of the distribution lies.",
                "분포의 절반이 그 아래에 놓이는 x = 0을 대입합니다.",
            ),
            shows="derivative gelu --z 0",
            predicts=Prediction(
                Text(
                    "How large is the slope of GELU at 0?",
                    "0에서 GELU의 도함수는 얼마입니까?",
                ),
                "Φ(0)",
            ),
        ),
        Step(
            "= 1/2",
            Text(
                "At 0 it passes half of the gradient, as SiLU and softplus do.",
                "0에서는 SiLU나 softplus처럼 기울기의 절반을 전합니다.",
            ),
            shows="derivative gelu silu softplus --z 0",
        ),
        Step(
            "φ′(x) = −x · φ(x)",
            Text(
                "For the maximum we shall need the derivative of the bell curve, by the chain"
                " rule.",
                "최댓값을 구하려면 종 모양 곡선의 도함수가 필요하며, 이는 연쇄 법칙으로 얻습니다.",
            ),
        ),
        Step(
            "GELU″(x) = d/dx (Φ(x) + x · φ(x))",
            Text(
                "We differentiate the slope once more.",
                "도함수를 한 번 더 미분합니다.",
            ),
        ),
        Step(
            "= φ(x) + φ(x) − x² · φ(x)",
            Text(
                "Φ gives φ, and the product x · φ gives φ once more and x times −x · φ.",
                "Φ에서 φ가 나오고, 곱 x · φ에서 φ가 한 번 더 나오며 x에 −x · φ를 곱한 항이"
                " 더해집니다.",
            ),
        ),
        Step(
            "= φ(x) · (2 − x²)",
            Text("We take out the common factor φ(x).", "공통인수 φ(x)로 묶습니다."),
        ),
        Step(
            "2 − x² = 0  ⇒  x = ±√2",
            Text(
                "φ(x) is never 0, so the slope is greatest at √2 and least at −√2.",
                "φ(x)는 0이 되지 않으므로, 도함수는 √2에서 최대이고 −√2에서 최소입니다.",
            ),
            shows="derivative gelu --z 1.41421356",
        ),
        Step(
            "GELU′(√2) = Φ(√2) + √2 · φ(√2) ≈ 1.1289",
            Text(
                "The greatest slope exceeds 1: such a unit enlarges the gradient by 13 %.",
                "도함수의 최댓값은 1보다 커서, 이런 유닛은 기울기를 13 % 키웁니다.",
            ),
            predicts=Prediction(
                Text(
                    "How large is the slope of GELU at most?",
                    "GELU의 도함수는 최대 얼마까지 커집니까?",
                ),
                "Φ(√2) + √2 · φ(√2)",
            ),
        ),
        Step(
            "GELU′(−√2) = 1 − GELU′(√2)",
            Text(
                "The least slope is what is missing to 1, a negative number, since"
                " Φ(−x) = 1 − Φ(x).",
                "Φ(−x) = 1 − Φ(x)이므로 도함수의 최솟값은 1에서 최댓값을 뺀 값이며, 음수입니다.",
            ),
            shows="derivative gelu --z=-1.41421356",
        ),
        Step(
            "x → −∞  ⇒  GELU′(x) → 0",
            Text(
                "Farther left the slope dies faster than that of SiLU, as φ does: here the unit"
                " saturates.",
                "더 왼쪽으로 가면 도함수는 φ처럼 SiLU보다 빨리 0에 가까워져 유닛이 포화됩니다.",
            ),
            shows="derivative gelu silu --z=-4",
        ),
    ),
    moral=Text(
        "GELU does what SiLU does with a steeper gate: a slope of a half at 0, a little above 1 on"
        " the right, next to nothing on the left. Its bound of 1.13 makes nothing vanish; how"
        " much the units pass on average does, and that the weights must make up for.",
        "GELU는 SiLU와 같은 일을 더 가파른 게이트로 합니다. 도함수는 0에서 절반, 오른쪽에서 1보다"
        " 조금 크고, 왼쪽에서는 거의 0입니다. 상한이 1.13이므로 상한 때문에 기울기가 소실되지는"
        " 않습니다. 문제는 유닛들이 평균적으로 얼마를 전하느냐이며, 모자라는 만큼은 가중치가"
        " 보충해야 합니다.",
    ),
)
