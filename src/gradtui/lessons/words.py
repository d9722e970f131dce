"""The glossary's words: what becomes of a gradient, and what networks have."""

from __future__ import annotations

from gradtui.lessons.term import Term, term
from gradtui.lessons.words_in_time import IN_TIME

_FATES: tuple[Term, ...] = (
    term(
        "healthy; verdict; 정상; 판정",
        "A verdict: what is left of the gradient is between the threshold and its inverse.",
        "판정의 하나로, 남은 기울기가 임계값과 그 역수 사이에 있다는 뜻입니다.",
    ),
    term(
        "vanishing; vanish; vanished; vanishing gradient; 소실; 기울기 소실",
        "A verdict: less of the gradient is left than the threshold, so the weights on the side of"
        " the input hardly learn.",
        "판정의 하나로, 남은 기울기가 임계값보다 작아 입력 쪽 가중치가 거의 학습되지 않는다는"
        " 뜻입니다.",
    ),
    term(
        "exploding; explode; exploding gradient; 폭발; 기울기 폭발",
        "A verdict: the gradient, or the stream of residual blocks, has grown beyond the inverse of"
        " the threshold.",
        "판정의 하나로, 기울기나 잔차 블록의 스트림이 임계값의 역수보다 커졌다는 뜻입니다.",
    ),
    term(
        "dead; zero; exact zeros; dying; dead unit; dead units; dead relu; 죽은 유닛; 죽은 relu",
        "Exactly nothing of the gradient passes, not only little: a unit is dead where f′ is 0 for"
        " every input of the batch, as a ReLU's is for z ≤ 0.",
        "기울기가 작은 것이 아니라 정확히 0이라는 뜻입니다. 배치의 모든 입력에서 f′이 0인 유닛을"
        " 죽은 유닛이라고 하며, ReLU는 z ≤ 0에서 f′이 0입니다.",
    ),
    term(
        "survive; survival; 살아남는 비율",
        "The share of a gradient's directions of which at least the threshold is left.",
        "기울기의 방향 가운데 임계값 이상이 남는 방향의 비율입니다.",
    ),
    term(
        "flat; saturated; saturation; saturate; 포화",
        "A value is flat, or saturated, where |f′| is under 1 % of its maximum, so that next to"
        " nothing of the gradient passes there.",
        "|f′|이 최댓값의 1 %보다 작아 기울기가 거의 전해지지 않는 값을 포화되었다고 합니다.",
    ),
    term(
        "lost; lost f16; underflow; underflows; 언더플로",
        "A gradient is lost in a number format where it is so small that the format rounds it to"
        " 0.",
        "너무 작아서 그 수 형식에서 0으로 반올림되는 기울기를 잃었다고 합니다.",
    ),
    term(
        "overflow; overflows; inf; 오버플로",
        "A number overflows where it is larger than a format's largest, and becomes inf.",
        "수가 그 형식의 최댓값보다 커서 inf가 되는 것을 오버플로라고 합니다.",
    ),
    term(
        "not finite; nan; 유한하지 않음",
        "nan or inf: from then on the numbers of a run say nothing more.",
        "nan이나 inf가 된 값으로, 그때부터 실행의 수치는 의미가 없습니다.",
    ),
    term(
        "threshold; 임계값; 문턱값",
        "The share of a gradient below which it counts as vanishing, and above whose inverse as"
        " exploding; 0.001 unless said.",
        "남은 기울기가 이 값보다 작으면 소실, 그 역수보다 크면 폭발로 판정하는 기준입니다. 따로"
        " 정하지 않으면 0.001입니다.",
    ),
    term(
        "critical; critical σw; edge of chaos; the edge of chaos; 임계;"
        " 혼돈의 가장자리; 혼돈의 경계",
        "A σw is critical where χ = 1: gradients of deep layers neither shrink nor grow from layer"
        " to layer. These points are the edge of chaos.",
        "χ = 1이 되는 σw로, 깊은 층에서 기울기가 층마다 줄지도 커지지도 않습니다. 이런 점들이"
        " 혼돈의"
        " 가장자리를 이룹니다.",
    ),
    term(
        "chaotic; chaos; 혼돈",
        "Where q settles, the side χ > 1: two inputs, however alike, become different from layer"
        " to layer, and gradients grow.",
        "q가 수렴할 때 χ > 1인 쪽으로, 아무리 비슷한 두 입력도 층을 지날수록 달라지고 기울기는"
        " 커집니다.",
    ),
    term(
        "ordered; order; 질서",
        "On the side χ < 1: all inputs become alike from layer to layer, and gradients shrink.",
        "χ < 1인 쪽으로, 층을 지날수록 모든 입력이 서로 비슷해지고 기울기는 작아집니다.",
    ),
    term(
        "remedy; try; 처방",
        "A change of knobs that helps; it was tried before it is offered, and f applies it.",
        "도움이 되는 설정 변경입니다. 먼저 시험해 본 뒤에 제시하며, f 키로 적용합니다.",
    ),
    term(
        "kind; ending; 종류",
        "How q ends in the map of phase: at a fixed point, at 0, or beyond all bounds.",
        "phase 화면의 지도에서 q가 어떻게 되는지, 곧 고정점이나 0으로 가는지 끝없이 커지는지"
        " 나타냅니다.",
    ),
)

_LAYERS: tuple[Term, ...] = (
    term(
        "layer; layers; 층",
        "One of the layers, from 1 at the input to L at the loss; 0 is the input itself.",
        "층입니다. 입력 쪽이 1번, 손실 쪽이 L번이며, 0은 입력 자체를 가리킵니다.",
    ),
    term(
        "depth; max depth; 깊이",
        "How many layers there are; max depth is how many of them could be stacked and be healthy.",
        "층의 수입니다. max depth는 정상을 유지하면서 쌓을 수 있는 층의 수입니다.",
    ),
    term(
        "units; width; hidden size; 유닛; 폭; 너비",
        "The units of a layer, n of them; their number is its width.",
        "층을 이루는 유닛이며, 그 수 n이 층의 폭입니다.",
    ),
    term(
        "activation; 활성화",
        "The function f that every unit applies, such as tanh or ReLU.",
        "모든 유닛이 적용하는 함수 f로, tanh나 ReLU 등이 있습니다.",
    ),
    term(
        "chain; chains; 사슬",
        "A network of one unit a layer, in which the gradient is a plain product.",
        "층마다 유닛이 하나인 신경망으로, 기울기가 단순한 곱이 됩니다.",
    ),
    term(
        "network; networks; 신경망",
        "Fully connected layers with many units, with weights drawn at random; several are drawn to"
        " see how results scatter.",
        "유닛이 여러 개인 완전 연결 층을 쌓고 가중치를 무작위로 뽑은 신경망입니다. 결과가 얼마나"
        " 흩어지는지 보려고 여러 개를 뽑습니다.",
    ),
    term(
        "random chains; random; samples; 무작위 사슬",
        "Chains with weights drawn at random of the same size, to see what is luck.",
        "같은 크기의 가중치를 무작위로 뽑은 사슬로, 결과 가운데 우연의 몫을 보여 줍니다.",
    ),
    term(
        "quantity; gradient; gradients; ‖gradient‖; 기울기의 종류",
        "Which gradient is drawn and judged: with respect to a, z or the weights.",
        "그려서 판정하는 기울기의 종류로, a, z, 가중치 가운데 무엇에 대한 것인지 나타냅니다.",
    ),
    term(
        "sign; 부호",
        "The sign of the gradient: 1, -1, or 0 where it is exactly 0.",
        "기울기의 부호로 1이나 -1이며, 정확히 0이면 0입니다.",
    ),
    term(
        "product so far; running product; product; 곱",
        "The product of all factors from the loss down to here.",
        "손실에서 여기까지 곱해진 모든 인수의 곱입니다.",
    ),
    term(
        "passes here; passes; at most; 통과율",
        "How much of a gradient the unit lets through at this z, and at most at any z: |f′| there,"
        " and its maximum.",
        "이 z에서 유닛이 통과시키는 기울기의 비율 |f′|과, z를 바꾸어 얻을 수 있는 그 최댓값입니다.",
    ),
    term(
        "a layer; per layer; a block; rate; 층마다",
        "The factor by which a layer, or a block, multiplies the norm of the gradient, in the"
        " geometric mean; in phase, rate is √χ.",
        "한 층이나 한 블록이 기울기의 노름에 곱하는 값의 기하평균입니다. phase 화면의 rate는"
        " √χ입니다.",
    ),
    term(
        "left; gradient left; after; 남은 기울기",
        "What is left of the gradient's norm after all layers or blocks, 1 being all of it.",
        "모든 층이나 블록을 지난 뒤에 남은 기울기의 노름으로, 1이면 전부가 남은 것입니다.",
    ),
    term(
        "lasts; 지속",
        "For how many layers, in theory, the gradient stays between the threshold and its inverse.",
        "이론상 기울기가 임계값과 그 역수 사이에 머무는 층의 수입니다.",
    ),
    term(
        "bound; 상계",
        "What no gradient exceeds: (max|f′| · ‖W‖)^k, with ‖W‖ the largest singular value of the"
        " weights of a layer or cell.",
        "‖W‖가 층이나 셀의 가중치 행렬의 최대 특잇값일 때 (max|f′| · ‖W‖)^k로, 어떤 기울기도 이보다"
        " 클 수 없습니다.",
    ),
    term(
        "scalar; scalar law; 스칼라 법칙",
        "The scalar law: what one unit a layer, with every w = σw, would leave of the gradient.",
        "스칼라 법칙으로, 층마다 유닛이 하나이고 모든 w = σw일 때 남는 기울기입니다.",
    ),
    term(
        "theory; infinite width; mean field; mean-field; 이론; 평균장; 무한한 폭",
        "Mean-field theory: what layers of infinite width with random weights do, exactly and"
        " without drawing any.",
        "평균장 이론으로, 가중치가 무작위이고 폭이 무한한 층에서 일어나는 일을 직접 뽑아 보지"
        " 않고도 정확히 알려 줍니다.",
    ),
    term(
        "measured; median; typical; 중앙값; 측정",
        "What random networks drawn here show; the median has half of them above and half below.",
        "실제로 뽑은 무작위 신경망에서 잰 값입니다. 중앙값보다 큰 것과 작은 것이 절반씩입니다.",
    ),
    term(
        "5-50-95 %; 5-95 %; 5 %; 50 %; 95 %; 90 %; quantile; 분위수",
        "Of those drawn at random 5 % lie below the first, half below the second, 95 % below the"
        " third: between the outer two lie 90 %.",
        "무작위로 뽑은 것 가운데 5 %, 50 %, 95 %가 각각 그 값보다 작습니다. 따라서 양 끝 값 사이에"
        " 90 %가 있습니다.",
    ),
    term(
        "mean; spread; std; standard deviation; 평균; 표준편차",
        "The mean of a layer's values, and their standard deviation around it.",
        "한 층의 값들의 평균과, 그 평균을 중심으로 한 표준편차입니다.",
    ),
    term(
        "min; max; bin; histogram; 히스토그램",
        "The least and the largest value of a layer, and how many lie in each of the equal bins"
        " between them.",
        "한 층의 값 가운데 최솟값과 최댓값, 그리고 그 사이를 똑같이 나눈 구간마다 들어 있는 값의"
        " 수입니다.",
    ),
    term(
        "largest; smallest; ends; 최대; 최소",
        "The largest and the smallest singular value that is not 0: what the best and the worst"
        " direction of a gradient keeps.",
        "0이 아닌 특잇값 가운데 가장 큰 값과 가장 작은 값으로, 기울기의 가장 좋은 방향과 가장 나쁜"
        " 방향에서 남는 정도입니다.",
    ),
    term(
        "index; place; value; 번호",
        "In a table: the number of a singular value from the largest on; whether a row is of the"
        " cursor or of the map; the number itself.",
        "표에서 index는 큰 것부터 센 특잇값의 번호, place는 커서와 지도 가운데 어느 쪽의 행인지,"
        " value는 그 수치입니다.",
    ),
    term(
        "cursor; 커서",
        "The place whose numbers are read out; the arrow keys move it.",
        "수치를 읽어 주는 자리로, 화살표 키로 옮깁니다.",
    ),
)

_WEIGHTS: tuple[Term, ...] = (
    term(
        "init; recipe; initialisation; initialization; 초기화",
        "How the weights are drawn before training, such as kaiming_normal; each name means what"
        " PyTorch's bare call of it does.",
        "학습 전에 가중치를 뽑는 방법으로 kaiming_normal 등이 있습니다. 이름은 PyTorch에서 인자"
        " 없이 부를 때와 같은 뜻입니다.",
    ),
    term(
        "gain; 이득",
        "A factor on the standard deviation of the weights; in square layers with fan_in it is σw.",
        "가중치의 표준편차에 곱하는 값입니다. 입력과 출력의 폭이 같은 층에서는 σw와 같습니다.",
    ),
    term(
        "advised; 권장",
        "The weights that theory advises here and that networks drawn to check it confirm.",
        "이론이 권하고, 실제로 뽑은 신경망으로 확인한 가중치입니다.",
    ),
    term(
        "low; high; σw low; σw high; 범위",
        "From which σw to which the gradient is healthy; of a share, between which values it lies"
        " with 90 % confidence.",
        "기울기가 정상인 σw의 범위입니다. 비율에 대해서는 90 % 신뢰 구간의 양 끝입니다.",
    ),
    term(
        "share; share healthy; 비율",
        "A part of all, from 0 to 1: such as how many of the networks drawn are healthy.",
        "전체 가운데 차지하는 비율로 0에서 1 사이의 값입니다. 뽑은 신경망 가운데 정상인 비율이 그"
        " 예입니다.",
    ),
    term(
        "He; Kaiming; kaiming_normal; he initialisation; 허 초기화",
        "He's initialisation, variance 2/n: the 2 makes up for the half of the squares that a ReLU"
        " sets to 0.",
        "분산이 2/n인 He 초기화로, ReLU가 제곱의 절반을 0으로 만드는 것을 2가 상쇄합니다.",
    ),
    term(
        "Xavier; Glorot; xavier_normal; 글로럿 초기화; 세이비어 초기화",
        "Glorot's initialisation, variance 2/(fan_in + fan_out): in square layers 1/n, for units"
        " that work where f′ is near 1.",
        "분산이 2/(fan_in + fan_out)인 Glorot 초기화로, 입력과 출력의 폭이 같으면 1/n입니다. f′이"
        " 1에 가까운 곳에서 작동하는 유닛에 알맞습니다.",
    ),
    term(
        "orthogonal; Gaussian; normal; 직교; 정규분포",
        "Orthogonal weights change no vector's length but by one factor; Gaussian (normal) ones of"
        " the same size stretch some directions and shrink others.",
        "직교 행렬은 모든 벡터의 길이를 똑같은 배수로만 바꾸지만, 같은 크기의 정규분포 가중치는"
        " 어떤"
        " 방향은 늘이고 어떤 방향은 줄입니다.",
    ),
    term(
        "block; blocks; 블록",
        "What each layer is: a plain one, or one with a skip and a norm, such as a transformer's"
        " feed-forward block.",
        "층 하나하나의 구조입니다. 단순한 층이거나, 트랜스포머의 순방향 블록처럼 건너뛰기 연결과"
        " 정규화가 있는 층입니다.",
    ),
    term(
        "stream; residual stream; 스트림; 잔차 스트림; 흐름",
        "What the skips carry from block to block, h, to which each branch adds; its size is that"
        " of the signal.",
        "건너뛰기 연결을 따라 블록에서 블록으로 전해지는 h로, 가지마다 값이 더해집니다.",
    ),
    term(
        "branch; 가지",
        "The part of a residual block beside the skip: h + α · branch(h).",
        "잔차 블록 h + α · branch(h)에서 건너뛰기 연결과 나란한 계산 경로입니다.",
    ),
    term(
        "skip; residual; skip connection; shortcut; without; 건너뛰기; 건너뛰기 연결; 잔차;"
        " 잔차 연결",
        "A skip passes a block's input on unchanged and adds the branch to it, so the gradient has"
        " a way back that multiplies it by 1. Without: the same weights with no skip, or no norm.",
        "블록의 입력을 그대로 넘겨 가지의 출력과 더하는 연결로, 기울기에 1이 곱해지는 길을"
        " 만듭니다. without은 가중치는 같고 건너뛰기나 정규화가 없는 경우입니다.",
    ),
    term(
        "pre-norm; pre_norm; prenorm; 사전 정규화",
        "A residual block with the norm in the branch, h + branch(N(h)): the stream passes"
        " untouched, and grows.",
        "정규화가 가지 안에 있는 잔차 블록 h + branch(N(h))입니다. 스트림은 그대로 지나가며 점점"
        " 커집니다.",
    ),
    term(
        "post-norm; post_norm; postnorm; 사후 정규화",
        "A residual block with the norm after the sum, N(h + branch(h)): the stream stays at one"
        " size, and every norm is on the gradient's way back.",
        "더한 뒤에 정규화하는 잔차 블록 N(h + branch(h))입니다. 스트림의 크기는 일정하지만,"
        " 기울기가"
        " 돌아가는 길에서 모든 정규화를 거칩니다.",
    ),
    term(
        "batch norm; batchnorm; BatchNorm; 배치 정규화",
        "A norm by the mean and the variance of a batch: without skips a random deep network of it"
        " multiplies gradients by more than 1 a layer, whatever the weights.",
        "배치의 평균과 분산으로 하는 정규화입니다. 건너뛰기 연결이 없으면 무작위로 초기화한 깊은"
        " 신경망에서 가중치와 상관없이 층마다 기울기가 1배보다 커집니다.",
    ),
    term(
        "layer norm; LayerNorm; RMSNorm; 층 정규화",
        "A norm by the mean and the variance of a layer's units; RMSNorm by their mean square"
        " alone.",
        "한 층의 유닛들의 평균과 분산으로 하는 정규화이며, RMSNorm은 제곱의 평균만 씁니다.",
    ),
)

_FORMATS: tuple[Term, ...] = (
    term(
        "f16 layer; f16; float16; fp16; half; 반정밀도",
        "float16: its smallest number is 6e-8, its largest 65504. The column says where the"
        " gradient first becomes 0 (0:39, at layer or lag 39) or inf (∞:12).",
        "float16 형식으로, 가장 작은 양수는 6e-8, 가장 큰 수는 65504입니다. 이 열은 기울기가 처음"
        " 0(0:39는 39번 층이나 시차)이나 inf(∞:12)가 되는 곳을 나타냅니다.",
    ),
    term(
        "bf16; bfloat16",
        "bfloat16: the range of float32 with 8 bits of precision, from 9e-41 to 3.4e38.",
        "bfloat16 형식으로, 정밀도는 8비트이고 범위는 float32와 비슷하게 9e-41부터"
        " 3.4e38까지입니다.",
    ),
    term(
        "f32; float32; fp32; single; 단정밀도",
        "float32: from 1.4e-45 to 3.4e38, with 24 bits of precision.",
        "float32 형식으로, 범위는 1.4e-45부터 3.4e38까지, 정밀도는 24비트입니다.",
    ),
    term(
        "f64; float64; fp64; double; 배정밀도",
        "float64: from 4.9e-324 to 1.8e308, with 53 bits of precision.",
        "float64 형식으로, 범위는 4.9e-324부터 1.8e308까지, 정밀도는 53비트입니다.",
    ),
    term(
        "loss scale; scale; loss scaling; GradScaler; 손실 스케일; 손실 스케일링",
        "A factor on the loss, and so on every gradient, that lifts small ones out of what a format"
        " rounds to 0; before the step they are divided by it.",
        "손실에 곱하는 값입니다. 모든 기울기에 똑같이 곱해져 작은 기울기가 0으로 반올림되지 않게"
        " 하며, 갱신 전에 다시 나눕니다.",
    ),
    term(
        "swallowed; updates swallowed; 삼켜진 갱신",
        "The share of the weights that a step leaves as they are, as bfloat16 rounds the update"
        " away.",
        "bfloat16에서 갱신이 반올림되어 사라져 값이 바뀌지 않는 가중치의 비율입니다.",
    ),
)

WORDS: tuple[Term, ...] = (*_FATES, *_LAYERS, *_WEIGHTS, *_FORMATS, *IN_TIME)
