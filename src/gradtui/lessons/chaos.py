"""The edge of chaos: where a wide network neither shrinks nor stretches a gradient.

Glossary: l a layer, W weights N(0, σw²/n), b biases N(0, σb²), f the activation and f′ its
derivative, z standard normal, q the second moment of a pre-activation, c the correlation of those
of two inputs, q* the q that no layer changes, g the gradient of the loss, χ the factor of its
squared norm a layer, k a number of layers, ξ the depth scale.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

CHAOS = Lesson(
    name="chaos",
    title=Text("The edge of chaos in five steps", "다섯 단계로 보는 혼돈의 가장자리"),
    activations=(),
    steps=(
        Step(
            "qₗ₊₁ = σw² · E[f(√qₗ · z)²] + σb²",
            Text(
                "One: in a wide network with random weights a pre-activation is a sum of very many"
                " terms, so it is nearly normal, and its second moment q is all that goes on from"
                " layer to layer.",
                "첫째, 가중치가 무작위인 넓은 신경망에서 활성화 함수의 입력은 아주 많은 항의"
                " 합이어서 거의 정규분포를 따르므로, 그 이차 적률 q만 따라가면 됩니다.",
            ),
            shows="phase tanh --sigma-w 1.5 --sigma-b 0.2",
        ),
        Step(
            "q* = σw² · E[f(√q* · z)²] + σb²",
            Text(
                "Two: where q settles with depth, it settles at a fixed point q*, and from there"
                " on all layers are alike.",
                "둘째, 층을 지나며 q가 수렴한다면 그 값은 고정점 q*이며, 그 뒤로는 모든 층이"
                " 똑같이 작용합니다.",
            ),
        ),
        Step(
            "1 − cₗ₊₁ ≈ χ · (1 − cₗ),  χ = σw² · E[f′(√q* · z)²]",
            Text(
                "Three: two inputs that almost agree, c near 1, differ after a layer by f′ times"
                " what they differed by before, and squaring and averaging that gives χ.",
                "셋째, 거의 같은(c가 1에 가까운) 두 입력의 차이는 한 층을 지나면 f′이 곱해지며,"
                " 이를 제곱하여 평균하면 χ가 나옵니다.",
            ),
        ),
        Step(
            "E[‖gₗ‖²] = χ · E[‖gₗ₊₁‖²]",
            Text(
                "Four: the way back multiplies by the same f′ and by weights of the same variance,"
                " so the square of the gradient's norm is multiplied by χ a layer, and the norm"
                " itself by √χ.",
                "넷째, 역전파에서도 같은 f′과 같은 분산의 가중치가 곱해지므로, 층마다 기울기"
                " 노름의 제곱에는 χ가, 노름 자체에는 √χ가 곱해집니다.",
            ),
            shows="phase relu --against depth --sigma-w 1.3416407865 --sigma-b 0 --depth 100"
            " --layer 100",
            predicts=Prediction(
                Text(
                    "χ = 0.9 in each of 100 layers: what is left of the gradient's norm?",
                    "100개 층의 χ가 모두 0.9라면 기울기의 노름은 몇 배가 됩니까?",
                ),
                "0.9⁵⁰",
            ),
        ),
        Step(
            "ξ = −1 / ln(χ),  exp(−k / ξ) = χᵏ",
            Text(
                "Five: χ = 1 is the edge of chaos, where ξ is infinite; below it the squared"
                " gradient loses a factor e in ξ layers, and above it, where ξ is negative, it"
                " grows by e in −ξ layers.",
                "다섯째, ξ가 무한대가 되는 χ = 1이 혼돈의 가장자리이며, χ가 1보다 작으면 기울기의"
                " 제곱은 ξ개 층마다 e분의 1로 줄고, 1보다 크면 ξ가 음수가 되어 −ξ개 층마다 e배로"
                " 커집니다.",
            ),
            predicts=Prediction(
                Text(
                    "χ = 0.9: in how many layers does the squared gradient fall by a factor e?",
                    "χ = 0.9이면 기울기의 제곱은 몇 개 층마다 e분의 1로 줄어듭니까?",
                ),
                "−1 / ln(0.9)",
            ),
        ),
        Step(
            "χ = σw² · E[ReLU′(√q · z)²]",
            Text(
                "As an example we take ReLU, whose slope does not depend on how large q is.",
                "q가 얼마이든 도함수의 분포가 달라지지 않는 ReLU를 예로 들어 봅니다.",
            ),
            shows="phase relu --sigma-w 1.4142135623730951 --sigma-b 0",
        ),
        Step(
            "= σw² · 1/2 · 1²",
            Text(
                "z is positive in one half of all cases, where the slope is 1, and negative in the"
                " other, where it is 0.",
                "z는 절반의 확률로 양수여서 도함수가 1이고, 나머지 절반의 확률로 음수여서 도함수가"
                " 0입니다.",
            ),
        ),
        Step(
            "= σw² / 2",
            Text(
                "So each layer halves the squared gradient, and its weights have to make up for"
                " that.",
                "곧 층마다 기울기의 제곱이 절반이 되므로, 가중치가 이를 메워야 합니다.",
            ),
        ),
        Step(
            "χ = 1  ⇔  σw² = 2",
            Text(
                "The edge of chaos of ReLU is Kaiming's initialisation, weights of variance 2/n,"
                " with biases of 0.",
                "ReLU에서 혼돈의 가장자리는 가중치의 분산이 2/n이고 편향이 0인 Kaiming 초기화와"
                " 같습니다.",
            ),
            predicts=Prediction(
                Text(
                    "Which σw² puts ReLU at the edge?",
                    "σw²이 얼마일 때 ReLU가 혼돈의 가장자리에 놓입니까?",
                ),
                "1 / 0.5",
            ),
        ),
    ),
    moral=Text(
        "One number decides: at χ below 1 gradients vanish and all inputs come to look alike,"
        " above it gradients explode, and where q settles, as with tanh, neighbours come apart."
        " Initialise near χ = 1, and the closer to it the deeper the network.",
        "값 하나가 결과를 좌우합니다. χ가 1보다 작으면 기울기가 소실되고 모든 입력이 서로 닮아"
        " 가며, 1보다 크면 기울기가 폭발하고, tanh처럼 q가 수렴하는 경우에는 가까운 입력도 서로"
        " 멀어집니다. 초기화할 때 χ를 1에 가깝게 두어야 하며, 신경망이 깊을수록 더 가까워야"
        " 합니다.",
    ),
)
