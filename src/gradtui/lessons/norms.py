"""Norms: what RMSNorm, LayerNorm and batch norm do to a gradient on its way back.

Glossary: x what is normed, n its units, later the number of blocks, i and j two units, s their root
mean square, y the output, N the norm, F a branch, h the stream, l a block, I the identity, u the
vector of ones, z standard normal, f the activation, σw² the variance of
weights times n, χ the factor of the squared norm of a gradient a layer.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

NORMS = Lesson(
    name="norms",
    title=Text("What a norm does to a gradient", "정규화가 기울기에 하는 일"),
    activations=(),
    steps=(
        Step(
            "s = √(∑ᵢ₌₁ⁿ xᵢ² / n)",
            Text(
                "RMSNorm measures how large its n inputs are by their root mean square.",
                "RMSNorm은 입력 n개의 크기를 제곱평균제곱근으로 잽니다.",
            ),
            shows="decay relu --model network --block pre_norm(norm=rms)"
            " --init normal(sigma_w=1.189207115) --depth 20 --networks 5",
        ),
        Step(
            "yᵢ = xᵢ / s",
            Text(
                "Each of them is divided by it, so the output always has a mean square of 1.",
                "각 입력을 이 값으로 나누므로, 출력의 제곱평균은 언제나 1입니다.",
            ),
        ),
        Step(
            "∂s/∂xⱼ = yⱼ / n",
            Text(
                "s depends on every input: the root gives 1/(2s), the square 2xⱼ, the mean 1/n.",
                "s는 모든 입력에 의존하며, 미분하면 제곱근에서 1/(2s), 제곱에서 2xⱼ, 평균에서"
                " 1/n이 나옵니다.",
            ),
        ),
        Step(
            "∂yᵢ/∂xⱼ",
            Text(
                "Now one output by another input, i ≠ j, which it knows only through s.",
                "이제 출력 하나를 다른 입력(i ≠ j)으로 미분하는데, 그 입력은 s를 통해서만 영향을"
                " 줍니다.",
            ),
        ),
        Step(
            "= −xᵢ · yⱼ / (s² · n)",
            Text(
                "The derivative of 1/s is −1/s² times that of s.",
                "1/s의 미분은 −1/s²에 s의 미분을 곱한 것입니다.",
            ),
        ),
        Step(
            "= −yᵢ · yⱼ / (s · n)",
            Text(
                "One s goes into yᵢ; for i = j the fraction itself adds 1/s.",
                "s 하나는 yᵢ에 들어가며, i = j일 때는 xᵢ를 직접 미분한 1/s이 더해집니다.",
            ),
        ),
        Step(
            "∂y/∂x = 1 / s · (I − y · yᵀ / n)",
            Text(
                "All of them in one matrix, which is symmetric, so it acts on gradients the same"
                " way: divide by s, and take out the part along y.",
                "이를 한 행렬로 모으면 대칭행렬이 되어 기울기에도 똑같이 작용하며, s로 나누고 y"
                " 방향의 성분을 없앱니다.",
            ),
        ),
        Step(
            "∂y/∂x = 1 / s · (I − u · uᵀ / n − y · yᵀ / n)",
            Text(
                "LayerNorm first takes the mean off, then divides by the standard deviation s, so"
                " a gradient loses a second direction, that of u, the vector of ones.",
                "LayerNorm은 먼저 평균을 뺀 뒤 표준편차 s로 나누므로, 기울기는 모든 성분이 1인"
                " 벡터 u 방향의 성분까지 잃습니다.",
            ),
        ),
        Step(
            "a > 0:  N(a · x) = N(x)",
            Text(
                "A norm does not see the scale of its input, so the scale of the weights before it"
                " does not change the signal.",
                "정규화의 결과는 입력의 배율에 상관이 없으므로, 바로 앞 가중치의 배율은 신호를"
                " 바꾸지 않습니다.",
            ),
        ),
        Step(
            "a > 0:  N′(a · x) = N′(x) / a",
            Text(
                "Yet gradients see it: inputs twice as large have twice the s, and half the"
                " gradient passes.",
                "그러나 기울기는 달라져서, 입력이 두 배이면 s도 두 배가 되고 기울기는 절반만"
                " 전해집니다.",
            ),
            predicts=Prediction(
                Text(
                    "Inputs 8 times as large: by what factor does the gradient that passes change?",
                    "입력이 8배가 되면 전해지는 기울기는 몇 배가 됩니까?",
                ),
                "1/8",
            ),
        ),
        Step(
            "hₗ₊₁ = N(hₗ + F(hₗ))",
            Text(
                "Post-norm puts the norm on the stream: a branch as large as the stream makes s ="
                " √2, so the skip's 1 becomes 1/√2 a block, and what goes back along the skips"
                " alone vanishes even where the whole does not.",
                "post-norm에서는 스트림 자체를 정규화하는데, 가지가 스트림만큼 크면 s = √2가 되어"
                " 잔차 연결의 1이 블록마다 1/√2로 줄므로, 전체 기울기가 소실되지 않더라도 잔차"
                " 연결만 따라가는 기울기는 소실됩니다.",
            ),
            shows="decay relu --model network --block post_norm(norm=rms)"
            " --init normal(sigma_w=1.189207115) --depth 20 --networks 5",
            predicts=Prediction(
                Text(
                    "After 20 such blocks, what is left along the skips alone?",
                    "이런 블록 20개를 지나면 잔차 연결만 따라간 기울기는 몇 배가 됩니까?",
                ),
                "√(1/2)²⁰",
            ),
        ),
        Step(
            "hₗ₊₁ = hₗ + F(N(hₗ))",
            Text(
                "Pre-norm puts it inside the branch, and the skip's 1 stays 1.",
                "pre-norm에서는 가지 안에서 정규화하므로, 잔차 연결의 1이 그대로 남습니다.",
            ),
            shows="decay relu --model network --block pre_norm(norm=rms)"
            " --init normal(sigma_w=1.189207115) --depth 20 --networks 5",
        ),
        Step(
            "∏ₗ₌₀ⁿ⁻¹ (1 + 1 / (1 + l)) = n + 1",
            Text(
                "If each branch adds variance 1 and keeps the size of gradients, the stream before"
                " block l has 1 + l, and N divides the branch's gradient by its root: over n"
                " blocks the squared gradient grows to n + 1, not to 2ⁿ.",
                "가지마다 분산이 1씩 더해지고 가지가 기울기의 크기를 유지하면, 블록 l 앞에서"
                " 스트림의 분산은 1 + l이고, N은 가지로 가는 기울기를 그 제곱근으로 나누므로, n개"
                " 블록을 거친 기울기의 제곱은 2ⁿ배가 아니라 n + 1배가 됩니다.",
            ),
            predicts=Prediction(
                Text(
                    "20 such blocks: by what factor does the gradient's norm grow?",
                    "이런 블록 20개를 거슬러 가면 기울기의 노름은 몇 배가 됩니까?",
                ),
                "√(20 + 1)",
            ),
        ),
        Step(
            "χ = σw² · E[f′(z)²] / (σw² · Var[f(z)])",
            Text(
                "Batch norm before f makes z standard normal in a wide network; on the way back"
                " weights and slopes multiply as ever, and the norm divides the squared gradient"
                " by the variance of W · f(z) over the batch.",
                "넓은 신경망에서 배치 정규화를 f 앞에 두면 z는 표준정규분포를 따르며, 역전파에서는"
                " 여느 때처럼 가중치와 f′이 곱해지고 기울기의 제곱은 배치에 걸친 W · f(z)의"
                " 분산으로 나누어집니다.",
            ),
            shows="decay relu --model network --block plain(norm=batch) --init kaiming_normal"
            " --depth 21 --networks 10",
        ),
        Step(
            "= E[f′(z)²] / Var[f(z)]",
            Text(
                "The weights cancel: no initialisation changes this rate.",
                "가중치는 약분되므로, 어떤 초기화로도 이 비율은 바뀌지 않습니다.",
            ),
        ),
        Step(
            "E[ReLU′(z)²] = 1/2",
            Text(
                "Of ReLU every second slope is 1, the others 0.",
                "ReLU의 도함수는 절반이 1이고 절반이 0입니다.",
            ),
        ),
        Step(
            "E[ReLU(z)²] = 1/2",
            Text(
                "z² has mean 1, and ReLU keeps half of it.",
                "z²의 평균은 1이고, ReLU는 그 절반을 남깁니다.",
            ),
        ),
        Step(
            "E[ReLU(z)] = 1/√(2π)",
            Text(
                "The mean of the positive half, which batch norm takes off again.",
                "양수 쪽 절반의 평균이며, 배치 정규화는 이 평균을 다시 뺍니다.",
            ),
        ),
        Step(
            "Var[ReLU(z)] = 1/2 − 1/(2π)",
            Text(
                "The variance is the mean of the square minus the square of the mean.",
                "분산은 제곱의 평균에서 평균의 제곱을 뺀 것입니다.",
            ),
        ),
        Step(
            "E[ReLU′(z)²] / Var[ReLU(z)]",
            Text(
                "This is the rate χ of ReLU.",
                "이것이 ReLU의 χ입니다.",
            ),
        ),
        Step(
            "= 1/2 / (1/2 − 1/(2π))",
            Text(
                "We put in both values.",
                "두 값을 대입합니다.",
            ),
        ),
        Step(
            "= π / (π − 1)",
            Text(
                "We multiply above and below by 2π.",
                "분자와 분모에 2π를 곱합니다.",
            ),
        ),
        Step(
            "≈ 1.4669",
            Text(
                "Above 1, so with ReLU and without skips batch norm makes gradients explode, by"
                " √1.4669 = 1.2112 a layer in the norm.",
                "1보다 크므로, 잔차 연결 없이 ReLU에 배치 정규화를 쓰면 기울기의 노름은 층마다"
                " √1.4669 = 1.2112배로 폭발합니다.",
            ),
            predicts=Prediction(
                Text(
                    "By what factor does the gradient's norm grow over 20 such layers?",
                    "이런 층 20개를 거슬러 가면 기울기의 노름은 몇 배가 됩니까?",
                ),
                "(π / (π − 1))¹⁰",
            ),
        ),
    ),
    moral=Text(
        "A norm divides the gradient by the size of its input and takes out a direction or two, so"
        " the scale of the weights no longer decides. Where it stands does: inside a branch it"
        " leaves the skip alone, on the stream it cuts into it, and over a batch without skips it"
        " makes gradients explode.",
        "정규화는 기울기를 입력의 크기로 나누고 한두 방향의 성분을 없애므로, 가중치의 배율은 더"
        " 이상 결과를 좌우하지 않습니다. 중요한 것은 정규화의 자리입니다. 가지 안에 두면 잔차"
        " 연결이 온전히 남고, 스트림 위에 두면 잔차 연결이 깎이며, 잔차 연결 없이 배치로 정규화하면"
        " 기울기가 폭발합니다.",
    ),
)
