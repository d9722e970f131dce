"""How far back a vanilla RNN remembers: a bound, a half-life, and what is needed to explode.

Glossary: t a step, n the last one, k a lag in steps, h the hidden state, x the input, W the
recurrent and U the input weights, f the activation, γ its largest slope, D the diagonal matrix of
f′, σₘₐₓ the largest singular value, ‖ ‖ of a matrix the same, r the rate.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

RNN = Lesson(
    name="rnn",
    title=Text("The memory of a vanilla RNN", "기본 RNN의 기억"),
    activations=(),
    steps=(
        Step(
            "hₜ = f(W · hₜ₋₁ + U · xₜ)",
            Text(
                "The vanilla RNN: one activation f, and the same weights at every step.",
                "기본 RNN은 활성화 함수 f 하나와, 모든 시점에서 같은 가중치를 씁니다.",
            ),
            shows="time tanh --steps 100",
        ),
        Step(
            "∂hₜ/∂hₜ₋₁ = Dₜ · W",
            Text(
                "One step multiplies by its slopes, which stand on the diagonal of Dₜ, and by W.",
                "한 시점마다 대각행렬 Dₜ에 놓인 f′의 값들과 W가 곱해집니다.",
            ),
        ),
        Step(
            "‖Dₜ · W‖ ≤ ‖Dₜ‖ · ‖W‖ ≤ γ · σₘₐₓ(W)",
            Text(
                "A matrix stretches no vector by more than its largest singular value, which for"
                " Dₜ is the largest slope in it and so at most γ, which is max f′.",
                "행렬이 벡터를 늘이는 배율은 최대 특잇값을 넘지 못하며, Dₜ의 최대 특잇값은 그"
                " 안에서 가장 큰 f′의 값이므로 f′의 최댓값 γ를 넘지 못합니다.",
            ),
        ),
        Step(
            "r = γ · σₘₐₓ(W),  ‖∂hₙ/∂hₙ₋ₖ‖ ≤ rᵏ",
            Text(
                "Over k steps these bounds multiply, so no gradient outgrows the k-th power of one"
                " rate.",
                "k시점에 걸쳐 이 상한들이 곱해지므로, 기울기는 처음의 rᵏ배를 넘을 수 없습니다.",
            ),
        ),
        Step(
            "0.9⁵⁰ ≈ 5.1538e-3",
            Text(
                "Along an eigenvector of W whose eigenvalue is 0.9 this much is left after 50"
                " steps, and that only while the units rest at 0 and every slope of tanh is 1.",
                "W의 고윳값이 0.9인 고유벡터 방향으로는 50시점 뒤에 이만큼이 남으며, 이것도 유닛이"
                " 0에 머물러 tanh의 미분계수가 모두 1일 때의 이야기입니다.",
            ),
            shows="time tanh --init identity(0.9) --inputs zeros --steps 50",
            predicts=Prediction(
                Text(
                    "Eigenvalue 0.9, slopes of 1: what is left after 50 steps?",
                    "고윳값이 0.9이고 미분계수가 모두 1이면 50시점 뒤에는 몇 배가 남습니까?",
                ),
                "0.9⁵⁰",
            ),
        ),
        Step(
            "k = ln(2) / (−ln(r))",
            Text(
                "The half-life: so many steps it takes at rate r < 1 until half is left.",
                "1보다 작은 비율 r로 줄어들 때 절반이 남기까지 걸리는 시점의 수가 반감기입니다.",
            ),
            predicts=Prediction(
                Text(
                    "At r = 0.9, after how many steps is half left?",
                    "r = 0.9이면 몇 시점 뒤에 절반이 남습니까?",
                ),
                "ln(2) / (−ln(0.9))",
            ),
        ),
        Step(
            "rᵏ = exp(k · ln(r))",
            Text(
                "To see that this is right, we write the power as an exponential.",
                "이를 확인하기 위해 거듭제곱을 지수함수로 고쳐 씁니다.",
            ),
        ),
        Step(
            "= exp(−ln(2))",
            Text(
                "We put in k, and ln r cancels.",
                "k를 대입하면 ln r이 약분됩니다.",
            ),
        ),
        Step(
            "= 1/2",
            Text(
                "Half is left, however large it was: an exponential has the same half-life"
                " everywhere.",
                "처음 크기와 상관없이 절반이 남으며, 지수적으로 줄어들 때 반감기는 어디서나"
                " 같습니다.",
            ),
        ),
        Step(
            "σₘₐₓ(W) < 1/γ  ⇒  ‖∂hₙ/∂hₙ₋ₖ‖ ≤ rᵏ → 0",
            Text(
                "Here r < 1, which is enough to vanish whatever the inputs are: below 1 for tanh,"
                " below 4 for the sigmoid.",
                "이때 r < 1이므로 입력이 무엇이든 기울기가 소실되며, σₘₐₓ(W)의 기준은 tanh에서 1,"
                " 시그모이드에서 4입니다.",
            ),
            shows="time tanh --init sigma_max(0.9) --steps 100 --draws 20",
            predicts=Prediction(
                Text(
                    "Below which σₘₐₓ(W) does an RNN of sigmoids surely vanish?",
                    "시그모이드 RNN에서 σₘₐₓ(W)가 얼마보다 작으면 기울기가 반드시 소실됩니까?",
                ),
                "1 / 0.25",
            ),
        ),
        Step(
            "‖∂hₙ/∂hₙ₋ₖ‖ → ∞  ⇒  σₘₐₓ(W) > 1/γ",
            Text(
                "To explode it takes more than that, yet more than that need not explode: slopes"
                " below the largest, or a W that turns what it stretches, can still win.",
                "폭발하려면 이 값보다 커야 하지만 크다고 반드시 폭발하는 것은 아니며, 실제"
                " 미분계수가 최댓값보다 작거나 W가 늘인 방향을 다른 쪽으로 돌려 놓으면 여전히"
                " 소실될 수 있습니다.",
            ),
            shows="time tanh --init sigma_max(1.2) --steps 100 --draws 20",
        ),
    ),
    moral=Text(
        "As Pascanu et al. (2013) show, the vanilla RNN forgets exponentially wherever γ · σₘₐₓ(W)"
        " is below 1; it often does above it, too. An orthogonal W keeps its own factor at 1, so"
        " that only the slopes shrink the gradient; a gate takes the place of both.",
        "Pascanu 등(2013)이 보였듯이 기본 RNN은 γ · σₘₐₓ(W)가 1보다 작으면 언제나 지수적으로"
        " 잊으며, 1보다 커도 잊을 때가 많습니다. W가 직교행렬이면 W는 기울기의 크기를 바꾸지"
        " 않으므로 f′만이 기울기를 줄이고, 게이트를 두면 W와 f′ 대신 게이트의 값이 곱해집니다.",
    ),
)
