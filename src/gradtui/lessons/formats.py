"""Where float16 and bfloat16 make 0 of a gradient, and what a loss scale does.

Glossary: k the exponent and m the number of fraction bits of a floating-point number, i the
fraction as a whole number; S the loss scale, M the scaled loss; L the loss, w a weight; n the
number of layers.
"""

from __future__ import annotations

from gradtui.lessons.lesson import Lesson, Prediction, Step, Text

_THIRTEEN = "decay sigmoid --depth 13 --biases=-0.5 --x 0.5"

FORMATS = Lesson(
    name="formats",
    title=Text("float16, bfloat16 and the loss scale", "float16, bfloat16과 손실 스케일"),
    activations=(),
    steps=(
        Step(
            "x = ±2ᵏ · (1 + i/2ᵐ),  0 ≤ i < 2ᵐ",
            Text(
                "A floating-point number keeps a sign, an exponent k, and m bits i of a fraction.",
                "부동소수점 수는 부호와 지수 k, 그리고 m비트의 가수 i로 이루어집니다.",
            ),
            shows="decay sigmoid --depth 5 --biases=-0.5 --x 0.5",
        ),
        Step(
            "m = 10,  −14 ≤ k ≤ 15",
            Text(
                "In float16 there are 10 bits for the fraction, and 5 for the exponent.",
                "float16은 가수에 10비트, 지수에 5비트를 씁니다.",
            ),
        ),
        Step(
            "(2 − 1/2ᵐ) · 2¹⁵ = 65504",
            Text(
                "This is the largest number of float16; from 65520 on, half a step farther, comes"
                " inf.",
                "float16에서 가장 큰 수이며, 반 칸 더 큰 65520부터는 inf가 됩니다.",
            ),
        ),
        Step(
            "2⁻¹⁴ ≈ 6.1035e-5",
            Text(
                "This is the smallest number with all of its bits; it is called the smallest"
                " normal number.",
                "모든 비트를 온전히 쓰는 가장 작은 수이며, 가장 작은 정규 수라고 합니다.",
            ),
        ),
        Step(
            "2⁻¹⁴ · 1/2ᵐ",
            Text(
                "Below it the exponent stays and leading bits become 0, down to the last bit: the"
                " smallest subnormal number.",
                "그 아래에서는 지수를 그대로 둔 채 앞의 비트부터 0이 되어 마지막 한 비트까지"
                " 내려가며, 이것이 가장 작은 비정규 수입니다.",
            ),
        ),
        Step(
            "= 2⁻²⁴",
            Text(
                "What is half of this or less is rounded to 0, and the gradient is gone for good.",
                "이 값의 절반 이하는 0으로 반올림되어, 기울기가 완전히 사라집니다.",
            ),
            predicts=Prediction(
                Text(
                    "What is the smallest positive number of float16?",
                    "float16에서 가장 작은 양수는 얼마입니까?",
                ),
                "2⁻²⁴",
            ),
        ),
        Step(
            "0.25¹² = 2⁻²⁴",
            Text(
                "Twelve sigmoids at their steepest arrive exactly at this last bit.",
                "가장 가파른 곳에 있는 시그모이드 12개를 지나면 정확히 이 마지막 비트에 이릅니다.",
            ),
            shows="decay sigmoid --depth 12 --biases=-0.5 --x 0.5",
        ),
        Step(
            "0.25¹³ = 2⁻²⁶",
            Text(
                "One more layer, and float16 holds a 0, however steep the units are.",
                "한 층만 더 지나면 유닛이 아무리 가팔라도 float16에서는 0이 됩니다.",
            ),
            shows=_THIRTEEN,
            predicts=Prediction(
                Text(
                    "A quarter for each layer: with how many layers does it become 0 in float16?",
                    "층마다 4분의 1이 된다면, 몇 층부터 float16에서 0이 됩니까?",
                ),
                "13",
            ),
        ),
        Step(
            "M = S · L",
            Text(
                "The remedy is to multiply the loss by a loss scale S before going back.",
                "해결책은 역전파하기 전에 손실에 손실 스케일 S를 곱하는 것입니다.",
            ),
        ),
        Step(
            "∂M/∂w = S · ∂L/∂w",
            Text(
                "Differentiating is linear, so every gradient is then S times as large.",
                "미분은 선형이므로 모든 기울기가 S배로 커집니다.",
            ),
        ),
        Step(
            "2¹⁵ · 0.25¹³ = 2⁻¹¹",
            Text(
                "With S = 2¹⁵ the same gradient is a normal number, with all of its bits.",
                "S = 2¹⁵로 두면 같은 기울기가 모든 비트를 갖춘 정규 수가 됩니다.",
            ),
            shows=f"{_THIRTEEN} --loss-scale 32768",
            predicts=Prediction(
                Text(
                    "Times a loss scale of 2¹⁵, what are the thirteen quarters?",
                    "손실 스케일 2¹⁵을 곱하면 4분의 1의 13제곱은 얼마가 됩니까?",
                ),
                "2¹⁵ · 0.25¹³",
            ),
        ),
        Step(
            "2⁻¹¹ / 2¹⁵ = 2⁻²⁶",
            Text(
                "Before the weights are changed the gradient is divided by S again, in float32,"
                " where it is far from the end.",
                "가중치를 갱신하기 전에 float32에서 기울기를 다시 S로 나누며, float32에서는 이"
                " 값이 한계와 거리가 멉니다.",
            ),
        ),
        Step(
            "2¹⁶ > 65504",
            Text(
                "Too large a scale makes inf of the largest gradients; PyTorch's GradScaler then"
                " leaves the step out and halves S.",
                "스케일이 너무 크면 가장 큰 기울기들이 inf가 되며, 그러면 PyTorch의 GradScaler는"
                " 그 스텝을 건너뛰고 S를 절반으로 줄입니다.",
            ),
            shows=f"{_THIRTEEN} --loss-scale 65536",
        ),
        Step(
            "2¹⁶ / 2⁻²⁵ = 2⁴¹",
            Text(
                "A scale moves the window between 0 and inf but does not widen it: where the"
                " gradients of two layers are so many times apart or more, none helps.",
                "스케일은 0과 inf 사이의 범위를 옮길 뿐 넓히지는 못하므로, 두 층의 기울기가 이"
                " 배수 이상으로 차이 나면 어떤 스케일도 소용이 없습니다.",
            ),
            shows="decay sigmoid --depth 30 --biases=-0.5 --x 0.5",
        ),
        Step(
            "2⁻¹²⁶ · 1/2⁷",
            Text(
                "bfloat16 has the exponents of float32, down to −126, but only 7 bits for the"
                " fraction.",
                "bfloat16은 지수의 범위가 −126까지로 float32와 같은 대신 가수는 7비트뿐입니다.",
            ),
        ),
        Step(
            "= 2⁻¹³³",
            Text(
                "Its smallest number is so small that bfloat16 seldom needs a loss scale.",
                "가장 작은 수가 이만큼 작으므로 bfloat16에서는 손실 스케일이 거의 필요 없습니다.",
            ),
        ),
        Step(
            "0.25⁶⁷ = 2⁻¹³⁴",
            Text(
                "Only at the 67th layer is a quarter each too little, exactly half of it, which"
                " is rounded to 0.",
                "층마다 4분의 1이라면 67층에 이르러서야 그 값의 꼭 절반이 되어 0으로 반올림됩니다.",
            ),
            shows="decay sigmoid --depth 67 --biases=-0.5 --x 0.5",
            predicts=Prediction(
                Text(
                    "And with how many layers of a quarter does it become 0 in bfloat16?",
                    "층마다 4분의 1이 된다면, 몇 층부터 bfloat16에서 0이 됩니까?",
                ),
                "67",
            ),
        ),
        Step(
            "1 + 2⁻⁸ → 1",
            Text(
                "The price is precision: a change of a weight by less than about 0.4 % of it may"
                " be rounded away.",
                "그 대가는 정밀도로, 가중치를 0.4 %쯤보다 적게 바꾸면 반올림으로 사라질 수"
                " 있습니다.",
            ),
        ),
    ),
    moral=Text(
        "A format ends where the gradient still has a value: float16 after twelve quarters,"
        " bfloat16 after 66. A loss scale costs nothing and rescues gradients that are all small;"
        " it cannot rescue a network whose layers differ too much. What vanishes with depth has to"
        " be mended in the network.",
        "기울기가 아직 0이 아닌데도 수의 표현은 끝날 수 있습니다. 4분의 1씩 곱하면 float16은 12번,"
        " bfloat16은 66번까지만 견딥니다. 손실 스케일은 비용 없이 전체적으로 작은 기울기를 살려"
        " 내지만, 층 사이의 차이가 너무 큰 신경망은 살려 내지 못합니다. 깊이에 따라 소실되는"
        " 기울기는 신경망 자체를 고쳐야 해결됩니다.",
    ),
)
