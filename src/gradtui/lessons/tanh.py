"""tanh: its derivative, which reaches 1, and why the product shrinks all the same.

Glossary: x the input of the activation, z a unit's input and W its weight at layer or time k, n the
number of these, c a bound below 1.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

TANH = Lesson(
    name="tanh",
    title=Text("tanh, whose slope reaches 1", "도함수가 1에 이르는 tanh"),
    activations=("tanh",),
    steps=(
        Step(
            "tanh(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)",
            Text(
                "The activation of the vanilla RNN, among others, squeezes every number between"
                " −1 and 1.",
                "기본 RNN 등에 쓰이는 tanh는 모든 실수를 −1과 1 사이의 값으로 보냅니다.",
            ),
            shows="derivative tanh --z 1",
        ),
        Step(
            "= (eˣ − e⁻ˣ)e⁻ˣ / ((eˣ + e⁻ˣ)e⁻ˣ)",
            Text(
                "We multiply above and below by e⁻ˣ, which does not change the fraction.",
                "분자와 분모에 똑같이 e⁻ˣ를 곱하며, 이렇게 해도 분수의 값은 변하지 않습니다.",
            ),
        ),
        Step(
            "= (1 − e⁻²ˣ) / (1 + e⁻²ˣ)",
            Text(
                "Since eˣ · e⁻ˣ = 1, only one exponential is left to compute.",
                "eˣ · e⁻ˣ = 1이므로 계산할 지수함수가 하나만 남습니다.",
            ),
        ),
        Step(
            "tanh′(x) = d/dx [(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)]",
            Text(
                "We differentiate the first form, because there each of the two parts is the"
                " derivative of the other.",
                "분자와 분모가 서로의 도함수가 되는 처음 꼴을 미분합니다.",
            ),
        ),
        Step(
            "= ((eˣ + e⁻ˣ)² − (eˣ − e⁻ˣ)²) / (eˣ + e⁻ˣ)²",
            Text(
                "The quotient rule: derivative above times below, minus above times derivative"
                " below, over below squared.",
                "몫의 미분법에 따라 분자의 미분과 분모의 곱에서 분자와 분모의 미분의 곱을 빼고,"
                " 분모의 제곱으로 나눕니다.",
            ),
        ),
        Step(
            "= 1 − tanh(x)²",
            Text(
                "We divide each square by the denominator and recognise tanh(x) in the second.",
                "각 제곱을 분모로 나누면 첫째 항은 1이 되고 둘째 항은 tanh(x)의 제곱이 됩니다.",
            ),
        ),
        Step(
            "= (1 + tanh(x)) · (1 − tanh(x))",
            Text(
                "We factor the difference of two squares.",
                "두 제곱의 차를 합과 차의 곱으로 인수분해합니다.",
            ),
        ),
        Step(
            "tanh′(0) = (1 + 0) · (1 − 0)",
            Text(
                "We put x = 0, where tanh(0) = 0 and the slope is greatest.",
                "도함수의 값이 가장 큰 x = 0을 대입하며, 이때 tanh(0) = 0입니다.",
            ),
            shows="derivative tanh sigmoid --z 0",
            predicts=Prediction(
                Text(
                    "How large is the slope of tanh where it is greatest?",
                    "tanh의 도함수는 가장 큰 곳에서 얼마입니까?",
                ),
                "(1 + 0) · (1 − 0)",
            ),
        ),
        Step(
            "= 1",
            Text(
                "At 0 the gradient passes whole, so the bound on f′ alone does not explain"
                " vanishing.",
                "0에서는 기울기가 줄지 않고 전해지므로, f′의 상한만으로는 기울기 소실을 설명할 수"
                " 없습니다.",
            ),
        ),
        Step(
            "x → ±∞  ⇒  tanh(x) → ±1  ⇒  tanh′(x) → 0",
            Text(
                "Away from 0 one of the two factors goes to 0, and the unit saturates.",
                "0에서 멀어지면 두 인수 중 하나가 0에 가까워져 유닛이 포화됩니다.",
            ),
            shows="derivative tanh --z 4",
        ),
        Step(
            "tanh′(1)¹⁰ ≈ 1.7070e-4",
            Text(
                "Ten units in a row whose input is only 1 already pass less than a"
                " five-thousandth.",
                "입력이 1밖에 되지 않는 유닛을 10개만 지나도 f′의 곱은 이미 5000분의"
                " 1보다 작습니다.",
            ),
            shows="chain tanh --depth 10 --biases 0.2384 --x 0.7616",
            predicts=Prediction(
                Text(
                    "Ten units in a row, each with the input 1: what do their slopes multiply to?",
                    "입력이 모두 1인 유닛 10개를 지나면 f′의 곱은 얼마가 됩니까?",
                ),
                "(1 − tanh(1)²)¹⁰",
            ),
        ),
        Step(
            "|tanh′(zₖ) · Wₖ| ≤ c < 1  ⇒  |∏ₖ₌₁ⁿ tanh′(zₖ) · Wₖ| ≤ cⁿ",
            Text(
                "What counts is slope times weight: if each such factor stays below a bound c"
                " under 1, the product dies exponentially.",
                "중요한 것은 미분계수와 가중치의 곱이며, 이 곱의 크기가 1보다 작은 상수 c를 넘지"
                " 않으면 전체 곱은 지수적으로 0에 가까워집니다.",
            ),
            shows="decay tanh --depth 50 --weights 0.9",
        ),
    ),
    moral=Text(
        "With tanh the product shrinks because units leave 0, and because of the weights: small"
        " ones shrink it themselves, while large ones stretch it but push the units towards"
        " saturation, and either may win. In an RNN the same W is multiplied in at every time"
        " step.",
        "tanh를 쓸 때 곱이 작아지는 까닭은 유닛의 입력이 0에서 벗어나기 때문이며, 또한 가중치"
        " 때문입니다. 가중치가 작으면 그 자체로 곱이 줄고, 가중치가 크면 곱은 커지지만 유닛이"
        " 포화되기 쉬워 어느 쪽 효과가 더 클지는 경우에 따라 다릅니다. RNN에서는"
        " 같은 W가 시점마다 거듭 곱해집니다.",
    ),
)
