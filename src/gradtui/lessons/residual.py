"""Residual blocks: the 1 that a skip adds, and what it costs.

Glossary: l a block, n the number of blocks, which the views call L, h the stream, F the branch and
F′ its derivative, α what the branch is multiplied by, J the Jacobian of the branch, I the identity,
Var the variance over random weights.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

RESIDUAL = Lesson(
    name="residual",
    title=Text("The skip and its 1", "잔차 연결과 그 1"),
    activations=(),
    steps=(
        Step(
            "hₗ₊₁ = hₗ + α · F(hₗ)",
            Text(
                "A residual block does not replace the stream h but adds to it what its branch F"
                " computes, times α.",
                "잔차 블록은 스트림 h를 새 값으로 바꾸지 않고, 가지 F가 계산한 값에 α를 곱하여 h에"
                " 더합니다.",
            ),
            shows="decay relu --model network --block plain,preact(norm=none)"
            " --init pytorch_linear --depth 20 --networks 20",
        ),
        Step(
            "∂hₗ₊₁/∂hₗ",
            Text(
                "We ask what a small change of the stream does to the stream after the block.",
                "스트림이 조금 바뀌면 블록을 지난 스트림이 얼마나 바뀌는지 구해 봅니다.",
            ),
        ),
        Step(
            "= 1 + α · F′(hₗ)",
            Text(
                "The sum has two derivatives, and that of hₗ by itself is 1, whatever the branch"
                " does.",
                "합의 미분은 두 항으로 나뉘며, hₗ를 자기 자신으로 미분하면 가지가 무엇이든"
                " 1입니다.",
            ),
        ),
        Step(
            "∂hₙ/∂h₀ = ∏ₗ₌₀ⁿ⁻¹ (1 + α · F′(hₗ))",
            Text(
                "Over n blocks such sums multiply instead of bare slopes; multiplied out, one term"
                " is 1: the path that takes every skip.",
                "n개 블록을 지나면 F′만이 아니라 이런 합이 곱해지며, 이를 전개하면 모든 블록을"
                " 건너뛰는 경로에 해당하는 항 1이 있습니다.",
            ),
        ),
        Step(
            "∂hₗ₊₁/∂hₗ = I + α · Jₗ",
            Text(
                "With many units the 1 is the identity matrix and F′ the Jacobian of the branch.",
                "유닛이 여러 개이면 1은 단위행렬 I가 되고 F′은 가지의 야코비 행렬이 됩니다.",
            ),
        ),
        Step(
            "Var[hₗ₊₁] = Var[hₗ + α · F(hₗ)]",
            Text(
                "The 1 has its price, which the variance of the stream tells.",
                "이 1에는 대가가 따르며, 스트림의 분산을 보면 알 수 있습니다.",
            ),
            shows="decay relu --model network --block preact(norm=none) --init kaiming_normal"
            " --depth 20 --networks 20",
        ),
        Step(
            "= Var[hₗ] + α² · Var[F(hₗ)]",
            Text(
                "The variances add if stream and branch are uncorrelated, as they are where the"
                " branch ends in a fresh random matrix.",
                "가지가 새로 뽑은 무작위 행렬로 끝나면 스트림과 가지 사이에 상관관계가 없으므로"
                " 분산은 더해집니다.",
            ),
        ),
        Step(
            "= (1 + α²) · Var[hₗ]",
            Text(
                "If the branch is initialised to keep the variance, Var[F(hₗ)] = Var[hₗ].",
                "가지가 분산을 유지하도록 초기화되어 있으면 Var[F(hₗ)] = Var[hₗ]입니다.",
            ),
        ),
        Step(
            "α = 1  ⇒  Var[hₙ] = 2ⁿ · Var[h₀]",
            Text(
                "With a plain sum each block doubles the variance, and if the branch keeps the"
                " size of gradients too, each also doubles the squared gradient on its way back.",
                "그냥 더하기만 하면 블록마다 분산이 두 배가 되고, 가지가 기울기의 크기도"
                " 유지한다면 역전파되는 기울기의 제곱도 블록마다 두 배가 됩니다.",
            ),
            predicts=Prediction(
                Text(
                    "α = 1 and 20 blocks: by what factor does the gradient's norm grow?",
                    "α = 1인 블록 20개를 거슬러 가면 기울기의 노름은 몇 배가 됩니까?",
                ),
                "√(2²⁰)",
            ),
        ),
        Step(
            "α = 1 / √n  ⇒  Var[hₙ] = (1 + 1/n)ⁿ · Var[h₀]",
            Text(
                "If α² is 1/n, each block adds only 1/n of the variance there is, and all of them"
                " together less than 1.72 times what there was.",
                "α²을 1/n으로 두면 블록마다 그때의 분산의 1/n만 더해지므로, 모두 합해도 처음"
                " 분산의 1.72배를 넘지 않습니다.",
            ),
            shows="decay relu --model network --block preact(norm=none,alpha=1/sqrt(L))"
            " --init kaiming_normal --depth 50 --networks 10",
            predicts=Prediction(
                Text(
                    "α = 1/√50 and 50 blocks: by what factor does the variance grow?",
                    "α = 1/√50인 블록 50개를 지나면 분산은 몇 배가 됩니까?",
                ),
                "(1 + 1/50)⁵⁰",
            ),
        ),
        Step(
            "(1 + 1/n)ⁿ < e",
            Text(
                "The factor stays below e = 2.718… at any depth, and goes to it.",
                "이 배율은 아무리 깊어도 e = 2.718…보다 작으며, 깊어질수록 e에 가까워집니다.",
            ),
        ),
        Step(
            "F′(hₗ) = 0  ⇒  ∂hₙ/∂h₀ = 1",
            Text(
                "Zero initialisation: if the last matrix of every branch begins at 0, so does the"
                " branch, and the network begins as the identity at any depth.",
                "가지의 마지막 행렬을 0으로 초기화하면 가지도 0에서 시작하므로, 신경망은 아무리"
                " 깊어도 항등함수에서 출발합니다.",
            ),
            shows="decay relu --model network --block preact(norm=none,init=zero)"
            " --init kaiming_normal --depth 50 --networks 10",
            predicts=Prediction(
                Text(
                    "Branches that begin at 0: what is left of a gradient after 50 blocks?",
                    "가지가 모두 0에서 시작하면 블록 50개를 거슬러 간 기울기는 몇 배가 됩니까?",
                ),
                "(1 + 1 · 0)⁵⁰",
            ),
        ),
    ),
    moral=Text(
        "A skip puts a 1 into every factor, so depth alone no longer makes the gradient vanish."
        " What threatens then is growth, by about 2 a block in the square; α = 1/√n or a branch"
        " that begins at 0 holds it.",
        "잔차 연결을 쓰면 곱해지는 값마다 1이 더해지므로, 깊다는 것만으로 기울기가 소실되지는"
        " 않습니다. 그 대신 제곱으로 블록마다 두 배쯤 커지는 것이 문제가 되며, α = 1/√n으로 두거나"
        " 가지를 0에서 시작하면 이를 막을 수 있습니다.",
    ),
)
