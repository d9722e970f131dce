"""The LSTM's forget gate: a product of numbers that the cell itself sets.

Glossary: t a step, n the last one, k a lag in steps, c the cell state, h the hidden state, x the
input, f, i and o the forget, input and output gates, g what is offered to the cell, W, U weights
and b the bias of the forget gate, σ the sigmoid, ∘ the product entry by entry, T the number of
steps to be remembered.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

LSTM = Lesson(
    name="lstm",
    title=Text("The forget gate of the LSTM", "LSTM의 망각 게이트"),
    activations=(),
    steps=(
        Step(
            "fₜ = σ(W · hₜ₋₁ + U · xₜ + b)",
            Text(
                "The forget gate is a sigmoid, so each of its numbers is between 0, forget all,"
                " and 1, keep all.",
                "망각 게이트는 시그모이드이므로 그 값은 모두 잊는 0과 모두 간직하는 1 사이에"
                " 있습니다.",
            ),
            shows="time lstm --steps 100",
        ),
        Step(
            "cₜ = fₜ ∘ cₜ₋₁ + iₜ ∘ gₜ",
            Text(
                "The cell keeps of its old state what the gate says and adds what is new: no"
                " matrix and no activation stands between cₜ₋₁ and cₜ.",
                "셀은 이전 상태를 게이트의 값만큼 간직하고 새 값을 더하며, cₜ₋₁에서 cₜ로 가는"
                " 길에는 행렬도 활성화 함수도 없습니다.",
            ),
        ),
        Step(
            "∂cₜ/∂cₜ₋₁ = fₜ",
            Text(
                "Along the cell only: that the gates and gₜ depend on cₜ₋₁ too, by way of hₜ₋₁, is"
                " set aside here.",
                "셀을 따라가는 경로만 본 것이며, 게이트와 gₜ도 hₜ₋₁을 거쳐 cₜ₋₁에 의존한다는 점은"
                " 여기서 따지지 않습니다.",
            ),
        ),
        Step(
            "∂cₙ/∂cₙ₋ₖ = ∏ₜ₌ₙ₋ₖ₊₁ⁿ fₜ",
            Text(
                "Over k steps the forget gates multiply, unit by unit, and a gate near 1 lets a"
                " gradient through.",
                "k시점을 지나면 망각 게이트의 값이 유닛마다 곱해지며, 값이 1에 가까우면 기울기가"
                " 그대로 전해집니다.",
            ),
            predicts=Prediction(
                Text(
                    "Every gate at 0.5: what is left after 10 steps?",
                    "게이트의 값이 모두 0.5이면 10시점 뒤에는 몇 배가 남습니까?",
                ),
                "0.5¹⁰",
            ),
        ),
        Step(
            "σ(b)",
            Text(
                "Where states and inputs say nothing, which is about so before training, the bias"
                " alone sets the gate, to this value.",
                "상태와 입력의 영향이 없으면 게이트의 값은 편향만으로 이렇게 정해지며, 학습을"
                " 시작할 때가 대체로 이와 비슷합니다.",
            ),
            shows="time lstm --steps 100 --forget-bias 0",
        ),
        Step(
            "= 1 / (1 + exp(−b))",
            Text(
                "A bias of 0 keeps one half a step, and a larger b brings the gate nearer to 1.",
                "b = 0이면 시점마다 절반을 간직하며, b가 커질수록 이 값은 1에 가까워집니다.",
            ),
            predicts=Prediction(
                Text(
                    "After how many steps is half left with a forget bias of 1?",
                    "망각 게이트의 편향이 1이면 몇 시점 뒤에 절반이 남습니까?",
                ),
                "ln(2) / (−ln(σ(1)))",
            ),
        ),
        Step(
            "b = ln(T − 1)",
            Text(
                "The chrono initialisation: to remember for about T steps, with T > 1, we choose"
                " this bias.",
                "크로노(chrono) 초기화에서는 1보다 큰 T에 대해 T시점쯤 기억하도록 편향을 이렇게"
                " 정합니다.",
            ),
            shows="time lstm --steps 100 --forget-bias 4.59512",
        ),
        Step(
            "σ(b) = 1 / (1 + exp(−ln(T − 1)))",
            Text(
                "We put the bias into the gate.",
                "이 편향을 게이트에 대입합니다.",
            ),
        ),
        Step(
            "= 1 / (1 + 1 / (T − 1))",
            Text(
                "The exponential of minus a logarithm is one over the number.",
                "로그에 음의 부호를 붙여 지수함수에 넣으면 역수가 됩니다.",
            ),
        ),
        Step(
            "= (T − 1) / T",
            Text(
                "We multiply above and below by T − 1.",
                "분자와 분모에 T − 1을 곱합니다.",
            ),
        ),
        Step(
            "= 1 − 1/T",
            Text(
                "The gate forgets one part in T a step.",
                "게이트는 시점마다 T분의 1만 잊습니다.",
            ),
        ),
        Step(
            "(1 − 1/100)¹⁰⁰ ≈ 0.3660",
            Text(
                "After T steps about 1/e is left, here for T = 100: the memory that was asked for;"
                " along the cell alone, that is: in the picture the paths through W and the other"
                " gates add to it.",
                "T시점 뒤에는 약 1/e이 남아(여기서는 T = 100) 바라던 만큼 기억하게 되는데, 이는"
                " 셀만 따라간 값이며, 그림에서는 W와 다른 게이트를 거치는 경로가 더해집니다.",
            ),
            predicts=Prediction(
                Text(
                    "b = ln 99: what is left along the cell after 100 steps?",
                    "b = ln 99이면 셀을 따라 100시점 뒤에는 몇 배가 남습니까?",
                ),
                "σ(ln(99))¹⁰⁰",
            ),
        ),
    ),
    moral=Text(
        "The LSTM does not take the product away: along the cell a gate stands in it instead of W"
        " and f′, a gate that can be near 1 and that its bias opens from the start. A forget bias"
        " of 0 forgets half at each step, so begin with 1 or more, or with the ln(T − 1) of Tallec"
        " and Ollivier (2018).",
        "LSTM에서도 곱은 사라지지 않습니다. 다만 셀을 따라서는 W와 f′ 대신, 1에 가까운 값을 가질"
        " 수 있고 편향으로 처음부터 열어 둘 수 있는 게이트가 곱해집니다. 편향이 0이면 시점마다"
        " 절반을 잊으므로, 1 이상에서, 또는 Tallec과 Ollivier(2018)가 제안한 ln(T − 1)에서"
        " 시작하는 것이 좋습니다.",
    ),
)
