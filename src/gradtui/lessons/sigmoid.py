"""The sigmoid: its derivative in ten lines, the largest value it takes, and what is left of it.

Glossary: x the input of the activation, σ(x) its value, t that value taken as the variable, z a
unit's input at layer k of n.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

SIGMOID = Lesson(
    name="sigmoid",
    title=Text(
        "The derivative of the sigmoid, at most a quarter",
        "시그모이드의 도함수와 그 최댓값 4분의 1",
    ),
    activations=("sigmoid",),
    steps=(
        Step(
            "σ(x) = 1 / (1 + e⁻ˣ)",
            Text(
                "The sigmoid, long a common activation, squeezes every number between 0 and 1.",
                "활성화 함수로 오래 쓰여 온 시그모이드는 모든 실수를 0과 1 사이의 값으로 보냅니다.",
            ),
            shows="derivative sigmoid --z 1",
        ),
        Step(
            "σ′(x) = d/dx (1 + e⁻ˣ)⁻¹",
            Text(
                "We write the fraction as a power, so that the power rule applies.",
                "거듭제곱의 미분법을 쓸 수 있도록 분수를 거듭제곱 꼴로 고쳐 씁니다.",
            ),
        ),
        Step(
            "= (−1) / (1 + e⁻ˣ)² · d/dx (1 + e⁻ˣ)",
            Text(
                "The power rule brings down −1 and leaves the power −2; the chain rule multiplies"
                " by the derivative of the inside.",
                "거듭제곱의 미분법으로 −1이 앞으로 나오고 지수는 −2가 되며, 연쇄 법칙에 따라"
                " 괄호 안을 미분하여 곱합니다.",
            ),
        ),
        Step(
            "= (−1) / (1 + e⁻ˣ)² · (0 + e⁻ˣ) · d/dx (−x)",
            Text(
                "The constant 1 has derivative 0, and e⁻ˣ has itself times the derivative of its"
                " exponent.",
                "상수 1을 미분하면 0이고, e⁻ˣ를 미분하면 자기 자신에 지수의 도함수를 곱한 것이"
                " 됩니다.",
            ),
        ),
        Step(
            "= (−1) / (1 + e⁻ˣ)² · e⁻ˣ · (−1)",
            Text(
                "The exponent −x has derivative −1, and the 0 drops out.",
                "지수 −x를 미분하면 −1이고, 0은 더해도 값이 같으므로 생략합니다.",
            ),
        ),
        Step(
            "= e⁻ˣ / (1 + e⁻ˣ)²",
            Text(
                "The two factors −1 multiply to 1.",
                "−1 두 개를 곱하면 1이 됩니다.",
            ),
        ),
        Step(
            "= (1 + e⁻ˣ − 1) / (1 + e⁻ˣ)²",
            Text(
                "We add 1 and take it away again, so that the denominator's 1 + e⁻ˣ appears above.",
                "분모와 같은 식이 분자에도 나타나도록 분자에 1을 더하고 다시 뺍니다.",
            ),
        ),
        Step(
            "= (1 + e⁻ˣ) / (1 + e⁻ˣ)² − 1 / (1 + e⁻ˣ)²",
            Text(
                "We split the fraction in two, so that the first can be cancelled.",
                "앞의 분수를 약분할 수 있도록 분수를 둘로 나눕니다.",
            ),
        ),
        Step(
            "= 1 / (1 + e⁻ˣ) − 1 / (1 + e⁻ˣ)²",
            Text(
                "We cancel 1 + e⁻ˣ in the first fraction.",
                "앞의 분수를 1 + e⁻ˣ로 약분합니다.",
            ),
        ),
        Step(
            "= 1 / (1 + e⁻ˣ) · (1 − 1 / (1 + e⁻ˣ))",
            Text(
                "We take out the common factor, which is the sigmoid.",
                "공통인수인 1 / (1 + e⁻ˣ), 곧 시그모이드로 묶습니다.",
            ),
        ),
        Step(
            "= σ(x) · (1 − σ(x))",
            Text(
                "We write σ(x) for what defines it, so the derivative needs only the value already"
                " computed.",
                "정의에 따라 σ(x)로 바꾸어 쓰면, 이미 계산한 함숫값만으로 도함수를 얻습니다.",
            ),
            shows="derivative sigmoid --z 2",
        ),
        Step(
            "t = σ(x),  0 < t < 1",
            Text(
                "We write t for the sigmoid; as x runs over all numbers, t runs over those between"
                " 0 and 1.",
                "시그모이드를 t로 치환하면, x가 모든 실수를 지날 때 t는 0과 1 사이의 모든 값을"
                " 지납니다.",
            ),
        ),
        Step(
            "σ′(x) = t · (1 − t)",
            Text(
                "The derivative is then a polynomial in t, whose maximum is easy to find.",
                "그러면 도함수는 t의 다항식이 되어 최댓값을 쉽게 구할 수 있습니다.",
            ),
        ),
        Step(
            "d/dt t(1 − t)",
            Text(
                "At a maximum inside the interval the derivative by t is 0, so we differentiate.",
                "구간 안에서 최대가 되는 점에서는 t에 대한 미분계수가 0이므로,"
                " 먼저 t로 미분합니다.",
            ),
        ),
        Step(
            "= 1 · (1 − t) + t · (−1)",
            Text(
                "The product rule differentiates one factor at a time.",
                "곱의 미분법에 따라 인수를 하나씩 차례로 미분하여 더합니다.",
            ),
        ),
        Step(
            "= 1 − 2t",
            Text("We collect the terms in t.", "t에 관한 항을 모아 정리합니다."),
        ),
        Step(
            "1 − 2t = 0  ⇒  t = 1/2",
            Text(
                "There is one solution; 1 − 2t is positive before it and negative after it, so it"
                " is the maximum.",
                "해는 하나뿐이고 그 앞에서 1 − 2t가 양수, 뒤에서 음수이므로 여기서 최대가 됩니다.",
            ),
            shows="derivative sigmoid --z 0",
            predicts=Prediction(
                Text(
                    "At which t is t · (1 − t) greatest?",
                    "t · (1 − t)는 t가 얼마일 때 가장 큽니까?",
                ),
                "1/2",
            ),
        ),
        Step(
            "max σ′ = 1/2 · (1 − 1/2)",
            Text(
                "We put t = 1/2 into t(1 − t); this is at x = 0, since σ(0) = 1/2.",
                "t(1 − t)에 t = 1/2을 대입하며, σ(0) = 1/2이므로 이때 x는 0입니다.",
            ),
            predicts=Prediction(
                Text(
                    "How large is the slope of the sigmoid at most?",
                    "시그모이드의 도함수는 최대 얼마까지 커질 수 있습니까?",
                ),
                "1/2 · (1 − 1/2)",
            ),
        ),
        Step(
            "= 0.25",
            Text(
                "Even where it is steepest, the sigmoid passes only a quarter of the gradient.",
                "시그모이드는 가장 가파른 곳에서도 기울기를 4분의 1만 전합니다.",
            ),
        ),
        Step(
            "|∏ₖ₌₁ⁿ σ′(zₖ)| ≤ 0.25ⁿ",
            Text(
                "Through n layers the slopes f′ are multiplied, and each of them is at most a"
                " quarter.",
                "n개의 층을 지나면 f′이 모두 곱해지는데, 그 하나하나가 4분의 1을 넘지 않습니다.",
            ),
            shows="chain sigmoid --depth 3",
        ),
        Step(
            "0.25¹⁰ ≈ 9.5367e-7",
            Text(
                "Ten layers pass at most this, less than a millionth, and only if every unit sits"
                " exactly at 0.",
                "10개 층이면 백만분의 1보다도 작고, 그나마도 모든 유닛의 입력이 정확히 0일 때의"
                " 값입니다.",
            ),
            shows=("chain sigmoid --depth 10 --weights 0.5,1,1,1,1,1,1,1,1,1 --biases=-0.5"),
            predicts=Prediction(
                Text(
                    "Ten layers, each of which passes a quarter: how much is left?",
                    "층 하나가 4분의 1씩만 전한다면 10개 층을 지난 뒤에는 얼마가 남습니까?",
                ),
                "0.25¹⁰",
            ),
        ),
    ),
    moral=Text(
        "The slope of the sigmoid is its value times what is missing to 1, and so at most a"
        " quarter. The deeper the network, the less of the error reaches its first layers. A"
        " weight of 4 in every layer would make up for the quarter only at x = 0; larger weights"
        " also tend to drive the units away from 0, where the slope is smaller still.",
        "시그모이드의 도함수는 함숫값과, 1에서 함숫값을 뺀 값의 곱이므로 4분의 1을 넘지 못합니다."
        " 그래서 신경망이 깊을수록 앞쪽 층에 전해지는 오차는 작아집니다. 층마다 가중치가 4이면"
        " 4분의 1을 상쇄할 수 있지만 이는 x = 0일 때뿐이며, 가중치가 커지면 유닛의 입력이 대개"
        " 0에서 멀어져 도함수의 값은 오히려 더 작아집니다.",
    ),
)
