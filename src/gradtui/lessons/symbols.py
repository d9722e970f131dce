"""The glossary's symbols: what stands for a number on the screen."""

from __future__ import annotations

from gradtui.lessons.term import Term, term

SYMBOLS: tuple[Term, ...] = (
    term(
        "z; pre-activation; pre-activations; preactivation; 전활성값",
        "What comes into a unit: z = w · a + b, with a of the layer below; the activation is yet to"
        " come. In the gates of a GRU, z is the gate that keeps the state.",
        "유닛에 들어오는 값으로, 활성화 함수를 거치기 전의 z = w · a + b이며 a는 아래층의"
        " 출력입니다. GRU의 게이트 가운데 z는 상태를 유지하는 게이트입니다.",
    ),
    term(
        "a; f(z); activation value; 출력값",
        "What a unit makes of what comes in: a = f(z), with f its activation.",
        "유닛이 내보내는 값으로, f가 활성화 함수일 때 a = f(z)입니다.",
    ),
    term(
        "x; input; 입력",
        "The input of the first layer; of networks and cells the knob x is the standard deviation"
        " of inputs drawn at random.",
        "첫째 층의 입력입니다. 신경망과 순환 셀에서 x 설정값은 무작위로 뽑는 입력의"
        " 표준편차입니다.",
    ),
    term(
        "f; activation function; nonlinearity; 활성화 함수",
        "The activation, the function that a unit applies to z; in the gates of an LSTM, f is the"
        " forget gate.",
        "유닛이 z에 적용하는 활성화 함수입니다. LSTM의 게이트 가운데 f는 망각 게이트입니다.",
    ),
    term(
        "f′; f′(z); f'; derivative; slope; 도함수; 미분",
        "The derivative of the activation: the factor by which a unit multiplies the gradient on"
        " its way back.",
        "활성화 함수의 도함수로, 기울기가 거꾸로 전해질 때 유닛마다 곱해지는 값입니다.",
    ),
    term(
        "w; weight; ‖weight‖; weights; 가중치",
        "A weight: what the output of the layer below is multiplied by, and on the way back the"
        " gradient too.",
        "가중치입니다. 순전파에서는 아래층의 출력에, 역전파에서는 기울기에 곱해집니다.",
    ),
    term(
        "W; weight matrix; 가중치 행렬",
        "The matrix of all weights of a layer; of a recurrent cell the one that leads from the"
        " state of one step to the next, W_hh.",
        "한 층의 가중치를 모두 모은 행렬입니다. 순환 셀에서는 한 시점의 상태를 다음 시점으로"
        " 보내는 행렬 W_hh를 가리킵니다.",
    ),
    term(
        "b; bias; biases; 편향",
        "The bias: what is added to a unit's weighted inputs.",
        "편향으로, 유닛의 가중합에 더해지는 값입니다.",
    ),
    term(
        "L; loss; 손실",
        "The loss, the number that training makes smaller; where layers are counted, L is the"
        " number of layers.",
        "학습이 줄이려는 값인 손실입니다. 층을 셀 때의 L은 층의 수입니다.",
    ),
    term(
        "∂L/∂a; |∂L/∂a|; dL/da; grad a; 기울기",
        "The gradient of the loss with respect to a, a layer's output: how the loss changes if"
        " that output does. At layer 0 it is that of the input.",
        "층의 출력 a에 대한 손실의 기울기로, 그 출력이 변할 때 손실이 얼마나 변하는지"
        " 나타냅니다. 0번 층에서는 입력에 대한 기울기입니다.",
    ),
    term(
        "‖∂L/∂a‖; norm of the gradient; gradient norm; 기울기의 노름",
        "The norm of ∂L/∂a: the root of the sum of the squares over all units of the layer, and"
        " over"
        " the inputs of a batch.",
        "∂L/∂a의 노름으로, 그 층의 모든 유닛과 배치의 모든 입력에 걸쳐 제곱하여 더한 값의"
        " 제곱근입니다.",
    ),
    term(
        "∂L/∂z; |∂L/∂z|; dL/dz; grad z",
        "The gradient with respect to z, what comes into a unit: ∂L/∂z = ∂L/∂a · f′(z).",
        "유닛에 들어오는 값 z에 대한 손실의 기울기로, ∂L/∂z = ∂L/∂a · f′(z)입니다.",
    ),
    term(
        "‖∂L/∂z‖",
        "The norm of ∂L/∂z over all units of the layer.",
        "그 층의 모든 유닛에 걸친 ∂L/∂z의 노름입니다.",
    ),
    term(
        "∂L/∂w; |∂L/∂w|; dL/dw; grad w",
        "The gradient by which a weight learns: ∂L/∂z of its layer times the output of the layer"
        " below, or the input x in layer 1.",
        "가중치를 학습시키는 기울기로, 그 층의 ∂L/∂z에 아래층의 출력(첫째 층에서는 입력 x)을 곱한"
        " 값입니다.",
    ),
    term(
        "∂L/∂W; ‖∂L/∂W‖; ‖∂L/∂w‖; dL/dW; grad W",
        "The gradient of all weights of a layer, ‖ ‖ its norm. Of a recurrent cell each step adds"
        " to ∂L/∂W_hh, and the column says which share comes from the cursor's lag and the lags"
        " before.",
        "한 층의 가중치 전체에 대한 기울기이며 ‖ ‖는 그 노름입니다. 순환 셀에서는 시점마다"
        " ∂L/∂W_hh에 더해지는 몫이 있고, 이 열은 그 가운데 커서의 시차까지 차지하는 비율을"
        " 나타냅니다.",
    ),
    term(
        "∂L/∂b; ‖∂L/∂b‖; dL/db",
        "The gradient of the biases of a layer; it equals ∂L/∂z summed over the inputs of a batch.",
        "한 층의 편향에 대한 기울기로, 배치의 입력에 걸쳐 ∂L/∂z를 더한 것과 같습니다.",
    ),
    term(
        "∂L/∂h; ‖∂L/∂h‖; dL/dh",
        "The gradient with respect to the hidden state h of a recurrent cell, so many steps back;"
        " ‖ ‖ its norm, shown beside that at the last step.",
        "몇 시점 이전의 은닉 상태 h에 대한 손실의 기울기입니다. ‖ ‖는 그 노름이며, 마지막 시점의"
        " 노름에 견주어 표시합니다.",
    ),
    term(
        "∂L/∂c; ‖∂L/∂c‖; dL/dc",
        "The gradient with respect to the cell state c of an LSTM, the path that the forget gate"
        " keeps open.",
        "LSTM의 셀 상태 c에 대한 손실의 기울기로, 망각 게이트가 열어 두는 경로를 따라 전해집니다.",
    ),
    term(
        "∂L/∂θ; ‖∂L/∂θ‖; θ; theta; parameters; 매개변수",
        "θ are all parameters together; ‖∂L/∂θ‖ is the norm of their whole gradient, which"
        " clipping by norm looks at.",
        "θ는 매개변수 전체이고, ‖∂L/∂θ‖는 기울기 전체의 노름으로 노름 클리핑의 기준이 됩니다.",
    ),
    term(
        "∂a/∂x; ∂h_T/∂h_(T-k); Jacobian; 야코비 행렬; 자코비안",
        "The Jacobian: the matrix of all derivatives of a later output by an earlier input. Its"
        " singular"
        " values say how much of each direction of a gradient arrives.",
        "뒤의 출력을 앞의 입력으로 미분한 값을 모두 모은 야코비 행렬입니다. 그 특잇값은 기울기가"
        " 방향마다 얼마나 전해지는지 나타냅니다.",
    ),
    term(
        "‖a‖; norm; 노름",
        "A norm, the root of the sum of squares of all numbers: ‖a‖ that of a layer's outputs. On a"
        " block, norm is what it normalises with, such as a layer norm.",
        "모든 수를 제곱하여 더한 값의 제곱근인 노름이며, ‖a‖는 층의 출력의 노름입니다. 블록에서"
        " norm은 층 정규화처럼 블록이 쓰는 정규화를 뜻합니다.",
    ),
    term(
        "|a|; signal; 신호",
        "The signal: the root mean square of a layer's outputs, how large what goes forward is.",
        "신호의 크기로, 층의 출력을 제곱하여 평균한 값의 제곱근입니다.",
    ),
    term(
        "×; factor; 배",
        "What is multiplied by: ×0.5 a layer halves a gradient in each layer.",
        "곱해지는 배수입니다. 층마다 ×0.5이면 기울기가 한 층을 지날 때마다 절반이 됩니다.",
    ),
    term(
        "log10; log; 로그; 상용로그",
        "The logarithm to base 10: -3 stands for 0.001, and -inf for an exact zero.",
        "상용로그입니다. -3은 0.001을, -inf는 정확히 0인 값을 나타냅니다.",
    ),
    term(
        "σw; sigma_w; sigma w",
        "The scale of the weights: with n units below, a weight has the standard deviation σw/√n."
        " He's initialisation has σw = √2.",
        "가중치의 크기를 정하는 값입니다. 아래층의 유닛이 n개일 때 가중치의 표준편차는"
        " σw/√n이며, He 초기화에서는 σw = √2입니다.",
    ),
    term(
        "σb; sigma_b; sigma b",
        "The standard deviation of the biases.",
        "편향의 표준편차입니다.",
    ),
    term(
        "χ; chi; 카이",
        "χ = σw² E[f′(√q z)²] with z standard normal: the factor by which a wide layer multiplies"
        " the squared norm of a gradient. The norm itself is multiplied by √χ.",
        "z가 표준정규분포를 따를 때 χ = σw² E[f′(√q z)²]이며, 폭이 넓은 층 하나가 기울기"
        " 노름의 제곱에 곱하는 값입니다. 노름 자체에는 √χ가 곱해집니다.",
    ),
    term(
        "q; second moment; 2차 모멘트; 이차 적률",
        "The mean square of a layer's pre-activations z, in infinite width: the next layer's is"
        " σw² E[f(√q z)²] + σb².",
        "폭이 무한한 층의 z를 제곱하여 평균한 값으로, 다음 층의 값은 σw² E[f(√q z)²] + σb²입니다.",
    ),
    term(
        "q*; q star; fixed point; 고정점",
        "The fixed point of q: the mean square of the pre-activations at which deep layers settle.",
        "q의 고정점으로, 깊은 층에서 z의 제곱 평균이 수렴하는 값입니다.",
    ),
    term(
        "c*; c; c star; correlation; 상관",
        "c is the correlation of the pre-activations of two inputs, and c* where it ends in deep"
        " layers: 1 where both become the same. Of an LSTM, c is the cell state.",
        "c는 두 입력에 대한 z의 상관계수이고 c*는 깊은 층에서 수렴하는 값이며, 1이면 두 입력이"
        " 구별되지 않습니다. LSTM에서 c는 셀 상태입니다.",
    ),
    term(
        "ξ∇; ξ gradient; xi_gradient; xi_grad; xi gradient",
        "The depth scale of the gradient, ξ∇ = -1 / ln χ: after so many layers its squared norm has"
        " changed by a factor e; negative where it grows.",
        "기울기의 깊이 척도 ξ∇ = -1 / ln χ입니다. 이만큼의 층을 지나면 노름의 제곱이 e배만큼"
        " 변하며, 음수이면 커집니다.",
    ),
    term(
        "ξc; ξ c; xi_c; xi c",
        "The depth scale of correlation: after so many layers the distance of c from c* has shrunk"
        " by a factor e.",
        "상관의 깊이 척도입니다. 이만큼의 층을 지나면 c와 c*의 차이가 1/e로 줄어듭니다.",
    ),
    term(
        "6ξc; trainable depth; 학습 가능한 깊이",
        "Six times ξc: about so many layers can be trained, as Schoenholz et al. (2017) found.",
        "ξc의 여섯 배로, Schoenholz 외(2017)에 따르면 대략 이만큼의 층까지 학습시킬 수 있습니다.",
    ),
    term(
        "ξq; ξ q; xi_q; xi q",
        "The depth scale of q: after so many layers its distance from q* has shrunk by a factor e.",
        "q의 깊이 척도입니다. 이만큼의 층을 지나면 q와 q*의 차이가 1/e로 줄어듭니다.",
    ),
    term(
        "ξ; xi; 크사이",
        "A depth scale, ξ = -1 / ln(rate): after so many layers a factor e is lost; negative where"
        " there is growth, ∞ at a rate of 1.",
        "깊이 척도 ξ = -1 / ln(층마다 곱해지는 비율)입니다. 이만큼의 층을 지나면 1/e로 줄어들고,"
        " 음수이면 커지며, 이 비율이 1이면 ∞입니다.",
    ),
    term(
        "α; alpha; 알파; most α; most alpha",
        "What the branch of a residual block is multiplied by: h + α · branch(h). In phase, most α"
        " is up to which α gradient and stream stay healthy.",
        "잔차 블록에서 가지에 곱하는 값으로, h + α · branch(h)입니다. phase 화면의 most α는"
        " 기울기와 스트림이 모두 정상인 α의 최댓값입니다.",
    ),
    term(
        "1/√L; 1/sqrt(L)",
        "The α with which L residual branches together, where every branch adds the same"
        " variance, change the stream as much as one branch with α = 1 would: variances add, and"
        " L · (1/√L)² = 1.",
        "분산은 더해지고 L · (1/√L)² = 1이므로, 가지마다 같은 분산을 더할 때 가지 L개가 모두 합쳐"
        " α = 1인 가지 하나만큼만 스트림을 바꾸게 하는 α입니다.",
    ),
    term(
        "median cond.; cond.; condition; κ; kappa; condition number; 조건수",
        "The condition number: the largest singular value over the smallest that is not 0, how far"
        " apart the directions of a gradient are pulled.",
        "조건수로, 0이 아닌 가장 작은 특잇값에 대한 가장 큰 특잇값의 비입니다. 기울기의 방향에 따라"
        " 전해지는 정도가 얼마나 벌어지는지 나타냅니다.",
    ),
    term(
        "ρ; rho; radius; spectral radius; 스펙트럼 반지름",
        "The spectral radius of W, its largest |eigenvalue|: without activations k steps multiply a"
        " gradient by about ρ^k in the long run.",
        "W의 스펙트럼 반지름, 곧 고윳값의 절댓값 가운데 가장 큰 값입니다. 활성화 함수가 없으면 k"
        " 시점을 지나는 동안 기울기에는 길게 보아 대략 ρ^k이 곱해집니다.",
    ),
    term(
        "σmax; sigma_max",
        "The largest singular value of W: no vector becomes longer than σmax times its length.",
        "W의 가장 큰 특잇값으로, 어떤 벡터도 길이가 σmax배보다 길어지지 않습니다.",
    ),
    term(
        "σ; sigma; singular value; singular values; 시그마; 특잇값",
        "σ(z) is the sigmoid. Alone, σ is a singular value of a Jacobian: the factor for one of its"
        " directions. The scale of the weights is σw, that of the biases σb.",
        "σ(z)는 시그모이드입니다. σ만 쓰면 야코비 행렬의 특잇값으로, 한 방향에 곱해지는 배수입니다."
        " 가중치의 크기는 σw, 편향의 크기는 σb입니다.",
    ),
    term(
        "(max|f′|)^k; ceiling; 상한",
        "The ceiling of a chain: the most that the f′ of k layers can make of a gradient; what"
        " weights make is not in it.",
        "사슬의 상한으로, k개 층의 f′이 모두 최댓값일 때 기울기에 곱해지는 값입니다. 가중치의 몫은"
        " 들어 있지 않습니다.",
    ),
    term(
        "h; h_T; hidden state; 은닉 상태",
        "The hidden state of a recurrent cell, h_T after the last step; of residual"
        " blocks h is the stream.",
        "순환 셀의 은닉 상태이며, h_T는 마지막 시점의 상태입니다. 잔차 블록에서 h는 스트림입니다.",
    ),
)
