"""The variance argument behind Glorot's and He's initialisation, forwards and backwards.

Glossary: z a unit's input, w its n weights (n the fan-in), a what the layer below puts out; σw²/n
the variance of a weight; m the number of units that a unit feeds (the fan-out), δ the gradient
∂L/∂z of one of them; E the mean, Var the variance.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

_CRITICAL = "phase relu --sigma-w 1.4142135623730951 --sigma-b 0"

VARIANCE = Lesson(
    name="variance",
    title=Text("The factor 2: Glorot's and He's weights", "인수 2: 글로럿(Glorot)과 He의 초기화"),
    activations=(),
    steps=(
        Step(
            "z = ∑ᵢ₌₁ⁿ wᵢ · aᵢ",
            Text(
                "A unit adds up n products, where n, its fan-in, counts the units below; its bias"
                " starts at 0.",
                "유닛은 곱 n개를 더하며, n은 아래층의 유닛 수(fan-in)이고 편향은 0에서 시작합니다.",
            ),
            shows="layers tanh --init lecun_normal --depth 10",
        ),
        Step(
            "Var[z] = ∑ᵢ₌₁ⁿ Var[wᵢ · aᵢ]",
            Text(
                "The weights are drawn independently with mean 0, so no two of the products are"
                " correlated, and their variances add up.",
                "가중치는 평균 0으로 서로 독립적으로 뽑으므로 어느 두 곱도 상관관계가 없고,"
                " 따라서 분산을 그대로 더할 수 있습니다.",
            ),
        ),
        Step(
            "= ∑ᵢ₌₁ⁿ E[wᵢ²] · E[aᵢ²]",
            Text(
                "A weight does not depend on what it multiplies, and since its mean is 0, so is"
                " that of the product: its variance is its mean square.",
                "가중치는 자신이 곱하는 값과 독립이고 평균이 0이므로, 곱의 평균도 0이 되어 곱의"
                " 분산은 제곱의 평균과 같습니다.",
            ),
        ),
        Step(
            "= n · Var[w] · E[a²]",
            Text(
                "All weights have one variance, and E[a²] is the mean square of the layer below.",
                "모든 가중치의 분산은 같고, E[a²]은 아래층 출력의 제곱의 평균입니다.",
            ),
        ),
        Step(
            "Var[w] = σw²/n",
            Text(
                "We write the variance of a weight so that n drops out; σw is PyTorch's gain"
                " where it counts the fan-in.",
                "n이 약분되도록 가중치의 분산을 이렇게 쓰며, σw는 PyTorch에서 fan-in을 기준으로"
                " 할 때의 gain입니다.",
            ),
        ),
        Step(
            "Var[z] = σw² · E[a²]",
            Text(
                "However wide the layer, a constant now says what it makes of the signal.",
                "이제 층의 폭과 관계없이 상수 하나가 신호의 크기를 정합니다.",
            ),
        ),
        Step(
            "a = z:  σw² · E[z²] = E[z²]  ⇒  σw² = 1",
            Text(
                "Where the activation passes z as it is, as tanh nearly does close to 0, this"
                " keeps the variance from layer to layer.",
                "0 부근의 tanh처럼 활성화 함수가 z를 거의 그대로 통과시키면, 이 값에서 분산이"
                " 층마다 유지됩니다.",
            ),
            shows="init identity --depth 50 --networks 10 --units 32",
        ),
        Step(
            "E[ReLU(z)²] = 1/2 · E[z²]",
            Text(
                "Weights drawn symmetrically about 0 make z as likely as −z, and ReLU makes 0 of"
                " the negative half.",
                "가중치를 0에 대해 대칭인 분포에서 뽑으면 z와 −z의 분포가 같으며, ReLU는 음수인"
                " 절반을 0으로 만듭니다.",
            ),
            shows="layers relu --init kaiming_normal --depth 10",
            predicts=Prediction(
                Text(
                    "Which share of the mean square of z does ReLU leave?",
                    "ReLU를 지나면 z의 제곱의 평균 가운데 얼마만큼이 남습니까?",
                ),
                "1/2",
            ),
        ),
        Step(
            "1/2 · σw² = 1  ⇒  σw² = 2",
            Text(
                "The weights have to make up for the lost half: this is He's factor 2, and"
                " Var[w] = 2/n.",
                "사라진 절반을 가중치가 보충해야 하므로 Var[w] = 2/n이 되며, 이것이 He"
                " 초기화의 인수 2입니다.",
            ),
            shows="init relu --depth 50 --networks 10 --units 32",
            predicts=Prediction(
                Text(
                    "Which σw² makes up for that?",
                    "이를 보충하려면 σw²은 얼마여야 합니까?",
                ),
                "2",
            ),
        ),
        Step(
            "√(0.5⁵⁰) ≈ 2.9802e-8",
            Text(
                "With σw² = 1 instead, every layer of ReLUs halves the mean square, and of the"
                " signal's size, which is its root, 50 layers leave this.",
                "그 대신 σw² = 1로 두면 ReLU 층마다 제곱의 평균이 절반으로 줄어, 그 제곱근인"
                " 신호의 크기는 50개 층을 지나면 이만큼만 남습니다.",
            ),
            shows=(
                "decay relu --model network --init lecun_normal,kaiming_normal --depth 50"
                " --networks 10 --units 32"
            ),
            predicts=Prediction(
                Text(
                    "With σw² = 1, how much of the signal's size is left after 50 layers of ReLUs?",
                    "σw² = 1이면 ReLU 층 50개를 지난 신호의 크기는 얼마나 남습니까?",
                ),
                "√(0.5⁵⁰)",
            ),
        ),
        Step(
            "∂L/∂a = ∑ⱼ₌₁ᵐ wⱼ · δⱼ",
            Text(
                "On the way back a unit collects the gradients δ = ∂L/∂z of the m units that it"
                " feeds, its fan-out.",
                "역전파에서 유닛은 자신의 출력을 받는 유닛 m개(fan-out)의 기울기 δ = ∂L/∂z를"
                " 모아 더합니다.",
            ),
        ),
        Step(
            "Var[∂L/∂a] = ∑ⱼ₌₁ᵐ E[wⱼ²] · E[δⱼ²]",
            Text(
                "The same argument as before, if we take the gradients not to depend on these"
                " weights.",
                "기울기가 이 가중치들과 독립이라고 보면 앞에서와 똑같이 계산할 수 있습니다.",
            ),
        ),
        Step(
            "= m · Var[w] · E[δ²]",
            Text(
                "Backwards the fan-out m counts, where forwards it was the fan-in n.",
                "순전파에서는 fan-in인 n이 중요했지만, 역전파에서는 fan-out인 m이 중요합니다.",
            ),
        ),
        Step(
            "E[ReLU′(z)²] = 1/2",
            Text(
                "δ is f′(z) times the gradient of the unit's output, and f′ is 1 for half of the"
                " units and 0 for the others: the same half is lost.",
                "δ는 유닛 출력의 기울기에 f′(z)를 곱한 값이고, f′은 유닛 절반에서 1, 나머지"
                " 절반에서 0이므로 여기서도 절반이 사라집니다.",
            ),
            shows=_CRITICAL,
        ),
        Step(
            "1/2 · m · Var[w] = 1  ⇒  Var[w] = 2/m",
            Text(
                "To keep the gradient's mean square the weights need a variance of 2/m,"
                " mode='fan_out' in PyTorch.",
                "기울기의 제곱의 평균을 유지하려면 가중치의 분산이 2/m이어야 하며, PyTorch에서는"
                " mode='fan_out'입니다.",
            ),
        ),
        Step(
            "1/2 · m · (2/n) = m/n",
            Text(
                "With 2/n a layer multiplies the gradient's mean square by m/n, and over many"
                " layers these cancel but for the first and the last width; the picture draws"
                " norms, which add up over the units: 2/n keeps these at any width, and 2/m makes"
                " them rise and fall with it.",
                "분산을 2/n으로 두면 기울기의 제곱의 평균은 층마다 m/n배가 되는데, 여러 층을"
                " 지나면 서로 약분되어 처음과 마지막 폭만 남으며, 그림의 노름은 모든 유닛에"
                " 걸쳐 더한 값이므로 2/n에서는 폭이 달라도 유지되고 2/m에서는 폭을 따라"
                " 오르내립니다.",
            ),
            shows=(
                "decay relu --model network --init kaiming_normal,kaiming_normal(mode=fan_out)"
                " --units 32,128,32,128,32 --depth 4 --networks 20"
            ),
        ),
        Step(
            "a = z:  Var[w] := 2/(n + m)",
            Text(
                "Glorot's compromise, without the factor 2: one over the mean of the two widths.",
                "인수 2가 필요 없는 경우에 대해 글로럿은 절충안으로 두 폭의 평균의 역수를"
                " 택했습니다.",
            ),
            shows="init tanh --depth 50 --networks 10 --units 32",
        ),
    ),
    moral=Text(
        "The right scale is not a matter of taste: each layer multiplies the mean square of the"
        " signal by σw² · E[a²]/E[z²], and this must be 1. For ReLU that makes σw² = 2, forwards"
        " and, where widths are equal, backwards too. Random networks of finite width still"
        " scatter about it, more so the deeper they are.",
        "가중치의 크기는 취향의 문제가 아닙니다. 층마다 신호의 제곱의 평균이"
        " σw² · E[a²]/E[z²]배가 되므로 이 값이 1이어야 합니다. ReLU라면 σw² = 2이며, 폭이 모두"
        " 같으면 역전파에서도 마찬가지입니다. 폭이 유한한 무작위 신경망은 이 값을 중심으로"
        " 흩어지며, 깊을수록 더 크게 흩어집니다.",
    ),
)
