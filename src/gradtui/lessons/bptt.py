"""Backpropagation through time: the chain rule through n steps that share their weights.

Glossary: t a step, n the last one, k a step in a sum or product, h the hidden state, x the input, W
the recurrent and U the input weights, z what goes into tanh, D the diagonal matrix of tanh′ at z, L
the loss, which reads h at step n, ᵀ the transpose.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

BPTT = Lesson(
    name="bptt",
    title=Text("Backpropagation through time", "시간에 대한 역전파(BPTT)"),
    activations=(),
    steps=(
        Step(
            "zₜ = W · hₜ₋₁ + U · xₜ",
            Text(
                "At every step the cell mixes its last state with the new input, each time with"
                " the same W and U.",
                "시점마다 셀은 바로 앞의 상태와 새 입력을 섞으며, 이때 쓰는 W와 U는 모든 시점에서"
                " 같습니다.",
            ),
            shows="time tanh --steps 100",
        ),
        Step(
            "hₜ = tanh(zₜ)",
            Text(
                "tanh gives the new state, and so the network is as deep as the sequence is long.",
                "여기에 tanh를 적용하여 새 상태를 얻으므로, 신경망은 시퀀스의 길이만큼 깊어집니다.",
            ),
        ),
        Step(
            "∂hₜ/∂hₜ₋₁",
            Text(
                "We ask what a small change of one state does to the next.",
                "한 시점의 상태가 조금 바뀌면 다음 상태가 얼마나 바뀌는지 구해 봅니다.",
            ),
        ),
        Step(
            "= tanh′(zₜ) · W",
            Text(
                "The chain rule: the slope of tanh at zₜ, times W, since hₜ₋₁ enters zₜ through W.",
                "hₜ₋₁은 W를 거쳐 zₜ에 들어가므로, 연쇄 법칙에 따라 zₜ에서의 tanh의 미분계수에 W를"
                " 곱합니다.",
            ),
        ),
        Step(
            "= (1 − hₜ²) · W",
            Text(
                "tanh′ is 1 − tanh², and tanh(zₜ) is hₜ, so the state itself tells the slope.",
                "tanh′은 1 − tanh²이고 tanh(zₜ)는 hₜ이므로, 상태의 값만으로 미분계수를 알 수"
                " 있습니다.",
            ),
            predicts=Prediction(
                Text(
                    "One unit, W = 1, whose state rests at 0.5: what is left of a gradient after"
                    " 10 steps back?",
                    "W = 1인 유닛 하나의 상태가 0.5에 머물러 있다면, 10시점을 거슬러 간 기울기는"
                    " 몇 배가 됩니까?",
                ),
                "((1 − 0.5²) · 1)¹⁰",
            ),
        ),
        Step(
            "∂L/∂hₜ₋₁ = Wᵀ · Dₜ · ∂L/∂hₜ",
            Text(
                "With many units the same two factors are matrices, read backwards: Dₜ is the"
                " diagonal matrix of 1 − hₜ², and W is transposed.",
                "유닛이 여러 개이면 같은 두 인수가 행렬이 되어 거꾸로 놓이며, Dₜ는 1 − hₜ²을 대각"
                " 성분으로 하는 대각행렬이고 W는 전치됩니다.",
            ),
        ),
        Step(
            "∂L/∂hₜ = ∏ₖ₌ₜ₊₁ⁿ (Wᵀ · Dₖ) · ∂L/∂hₙ",
            Text(
                "Step after step back, from n to t, one such pair is multiplied in, the earliest"
                " on the left: the same Wᵀ every time, only D differs.",
                "n에서 t까지 한 시점씩 거슬러 갈 때마다 이 쌍이 하나씩 왼쪽에 곱해지며, Wᵀ는 매번"
                " 같고 D만 달라집니다.",
            ),
            predicts=Prediction(
                Text(
                    "From step 100 back to step 60: how many times is Wᵀ multiplied in?",
                    "100번째 시점에서 60번째 시점까지 거슬러 가면 Wᵀ는 몇 번 곱해집니까?",
                ),
                "100 − 60",
            ),
        ),
        Step(
            "∂L/∂W = ∑ₜ₌₁ⁿ (Dₜ · ∂L/∂hₜ · hₜ₋₁ᵀ)",
            Text(
                "W acts at every step, so its gradient is the sum of what all steps say.",
                "W는 모든 시점에서 쓰이므로, W의 기울기는 각 시점에서 나온 값을 모두 더한"
                " 것입니다.",
            ),
            shows="time tanh --steps 100 --picture shares",
        ),
    ),
    moral=Text(
        "A recurrent network has one factor Wᵀ · D for each step back, and the sum over steps"
        " hides it: where gradients vanish, ∂L/∂W looks well, and comes from the last few steps"
        " only. A healthy norm of ∂L/∂W does not show that the network learns from long ago.",
        "순환 신경망에서는 한 시점을 거슬러 갈 때마다 Wᵀ · D가 하나씩 곱해지지만, 시점에 대한 합이"
        " 이를 가립니다. 기울기가 소실되어도 ∂L/∂W는 멀쩡해 보이는데, 그 값은 마지막 몇 시점에서"
        " 나온 것일 뿐입니다. 따라서 ∂L/∂W의 노름이 정상이라고 해서 먼 과거로부터 배우고 있다고 볼"
        " 수는 없습니다.",
    ),
)
