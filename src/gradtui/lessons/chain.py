"""The chain rule through a network: one f′ and one W for each layer.

Glossary: x the input, W a weight, z a unit's input, f the activation, L the loss, n the number of
layers, k a layer, D the diagonal matrix of f′ at z, ᵀ the transpose.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

CHAIN = Lesson(
    name="chain",
    title=Text("The chain rule through three layers", "세 층을 지나는 연쇄 법칙"),
    activations=(),
    steps=(
        Step(
            "z₁ = W₁ · x",
            Text(
                "The first layer multiplies the input by its weight.",
                "첫째 층은 입력에 가중치를 곱합니다.",
            ),
            shows="chain sigmoid --depth 3",
        ),
        Step(
            "z₂ = W₂ · f(z₁)",
            Text(
                "The second layer receives what the first one let through its activation f.",
                "둘째 층은 첫째 층의 값이 활성화 함수 f를 거친 결과를 입력으로 받습니다.",
            ),
        ),
        Step(
            "z₃ = W₃ · f(z₂)",
            Text(
                "The third layer does the same, and f(z₃) is the output.",
                "셋째 층도 마찬가지이며, f(z₃)이 신경망의 출력입니다.",
            ),
        ),
        Step(
            "L = Loss(f(z₃))",
            Text(
                "The loss depends on W₁ only through z₁, z₂ and z₃, one inside the other.",
                "손실은 차례로 합성된 z₁, z₂, z₃을 통해서만 W₁에 의존합니다.",
            ),
        ),
        Step(
            "∂L/∂W₁",
            Text(
                "To train the first layer we need to know how the loss changes with W₁.",
                "첫째 층을 학습시키려면 W₁이 변할 때 손실이 얼마나 변하는지 알아야 합니다.",
            ),
        ),
        Step(
            "= ∂L/∂f(z₃) · ∂f(z₃)/∂f(z₂) · ∂f(z₂)/∂f(z₁) · ∂f(z₁)/∂W₁",
            Text(
                "The chain rule: the derivative of a composition is the product of the derivatives"
                " of its parts.",
                "연쇄 법칙에 따라, 합성함수의 미분은 각 단계를 미분하여 모두 곱한 것과 같습니다.",
            ),
        ),
        Step(
            "∂f(z₃)/∂f(z₂) = f′(z₃) · W₃",
            Text(
                "One layer contributes two factors: the slope of f at z₃, and W₃, since"
                " z₃ = W₃ · f(z₂).",
                "z₃ = W₃ · f(z₂)이므로, 이 층에서는 z₃에서의 f의 미분계수와 가중치 W₃이"
                " 곱해집니다.",
            ),
            shows="chain sigmoid --depth 3 --layer 3 --weights 2 --biases=-1 --x 0.5",
            predicts=Prediction(
                Text(
                    "Say that f′(z₃) is 1/4 and W₃ is 2: by what does the third layer multiply"
                    " the gradient?",
                    "f′(z₃)이 1/4이고 W₃이 2라면, 셋째 층에서 기울기는 몇 배가 됩니까?",
                ),
                "1/4 · 2",
            ),
        ),
        Step(
            "∂f(z₂)/∂f(z₁) = f′(z₂) · W₂",
            Text(
                "The layer before it contributes two factors in the same way.",
                "그 앞의 층에서도 마찬가지로 두 인수가 곱해집니다.",
            ),
            shows="chain sigmoid --depth 3 --layer 2 --weights 2 --biases=-1 --x 0.5",
        ),
        Step(
            "∂f(z₁)/∂W₁ = f′(z₁) · x",
            Text(
                "Here we differentiate by the weight itself, and z₁ = W₁ · x, so the last factor"
                " is the input x.",
                "여기서는 가중치 W₁ 자체로 미분하는데, z₁ = W₁ · x이므로 마지막 인수는 입력 x가"
                " 됩니다.",
            ),
            shows="chain sigmoid --depth 3 --layer 1 --weights 2 --biases=-1 --x 0.5",
        ),
        Step(
            "∂L/∂W₁ = ∂L/∂f(z₃) · f′(z₃) · W₃ · f′(z₂) · W₂ · f′(z₁) · x",
            Text(
                "Putting the factors in their places gives three slopes f′ but only two weights:"
                " W₁ itself does not occur.",
                "각 인수를 제자리에 대입하면 f′은 세 개, 가중치는 두 개가 곱해지고 W₁ 자체는"
                " 나타나지 않습니다.",
            ),
            predicts=Prediction(
                Text(
                    "How many weights stand in this product, with three layers?",
                    "층이 세 개일 때 이 곱에 가중치는 몇 개 나타납니까?",
                ),
                "3 − 1",
            ),
        ),
        Step(
            "∂L/∂W₁ = ∂L/∂f(zₙ) · ∏ₖ₌₂ⁿ (f′(zₖ) · Wₖ) · f′(z₁) · x",
            Text(
                "With n layers in place of three, every further layer multiplies by one more f′"
                " and one more W.",
                "층이 세 개가 아니라 n개이면, 층이 하나 늘 때마다 f′과 W가 하나씩 더 곱해집니다.",
            ),
            shows="chain sigmoid --depth 10 --weights 2 --biases=-1 --x 0.5",
            predicts=Prediction(
                Text(
                    "With ten layers, every f′ = 1/4, every W = 2, x = 1/2 and ∂L/∂f(z₁₀) = 1:"
                    " what is ∂L/∂W₁?",
                    "층이 열 개이고 f′은 모두 1/4, W는 모두 2, x = 1/2, ∂L/∂f(z₁₀) = 1이면"
                    " ∂L/∂W₁은 얼마입니까?",
                ),
                "(1/4 · 2)⁹ · 1/4 · 1/2",
            ),
        ),
        Step(
            "∂L/∂W₁ = D₁ · W₂ᵀ · D₂ · W₃ᵀ · D₃ · ∂L/∂f(z₃) · xᵀ",
            Text(
                "With many units per layer the same factors become matrices, read backwards:"
                " Dₖ is the diagonal matrix of f′(zₖ), and each W is transposed.",
                "층마다 유닛이 여러 개이면 같은 인수들이 행렬이 되어 거꾸로 놓이며, Dₖ는 f′(zₖ)를"
                " 대각 성분으로 하는 대각행렬이고 각 W는 전치됩니다.",
            ),
            shows="decay tanh --model network --depth 10 --units 32 --networks 10",
        ),
    ),
    moral=Text(
        "The gradient of the first layer has one factor f′ · W for each layer above it. If these"
        " stay clearly below 1 in size, it vanishes with depth; if they stay clearly above 1, it"
        " explodes.",
        "첫째 층의 기울기에는 그 위의 층마다 f′ · W가 하나씩 곱해집니다. 이 값의 크기가 계속 1보다"
        " 뚜렷이 작으면 층이 깊어질수록 기울기가 소실되고, 계속 1보다 뚜렷이 크면 폭발합니다.",
    ),
)
