"""The questions that the program answers, each with the setup that shows the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradtui.lessons.lesson import Text
from gradtui.mathematics.layer_values import LayerValues
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.answers import chains, networks, recorded, recurrent
from gradtui.views.setups import constant, of_blocks


@dataclass(frozen=True, eq=False)
class Question:
    """Something that people ask.

    Attributes:
        name: a word for it, by which it can be asked.
        group: what it is about.
        asked: the question.
        words: other words that people ask it with.
        view: the view that shows the answer; "" where another command does.
        setup: the setup that does, in that view.
        answer: the sentences that answer it, from the view's result for a setup.
        other: the command in place of a view's.
    """

    name: str
    group: Text
    asked: Text
    words: str
    view: str
    setup: Setup
    answer: Callable[[Any, Setup], Text]
    other: str = ""

    @property
    def command(self) -> list[str]:
        """The words of the command that shows the answer."""
        return VIEWS[self.view].command(self.setup) if self.view else self.other.split()


_CHAIN = Text("Vanishing, factor by factor", "소실: 인수 하나씩")
_LAYERS = Text("Real layers and their initialisation", "실제 층과 초기화")
_BLOCKS = Text("Skips and norms", "건너뛰기와 정규화")
_TIME = Text("Through time", "시간을 거슬러")
_OWN = Text("Your own training", "나의 학습")

QUESTIONS: tuple[Question, ...] = (
    Question(
        "deep-sigmoid",
        _CHAIN,
        Text(
            "Why does a deep sigmoid network not learn?",
            "깊은 시그모이드 신경망은 왜 학습되지 않을까요?",
        ),
        "vanish vanishing gradient deep logistic train training stuck slow 0.25 소실 학습",
        "decay",
        Setup.of(activations=("sigmoid",), depth=50),
        chains.deep,
    ),
    Question(
        "which-factor",
        _CHAIN,
        Text(
            "Which factor kills it, f′ or the weights?",
            "기울기를 죽이는 것은 f′일까요, 가중치일까요?",
        ),
        "cause layer worst blame derivative chain rule why small 원인 연쇄 법칙",
        "chain",
        Setup.of(activations=("tanh",), depth=20, weights=constant(0.5)),
        chains.which_factor,
    ),
    Question(
        "through-one",
        _CHAIN,
        Text(
            "How much does one unit let through at this z?",
            "유닛 하나는 이 z에서 얼마나 통과시킬까요?",
        ),
        "derivative slope passes maximum f' sigmoid at 도함수 최댓값",
        "derivative",
        Setup.of(activations=("sigmoid",), z=2.0),
        chains.let_through,
    ),
    Question(
        "derivation",
        _CHAIN,
        Text("Where does σ′ = σ · (1 - σ) come from?", "σ′ = σ · (1 - σ)는 어디에서 나올까요?"),
        "derive derivation proof sigmoid derivative formula lesson 유도 증명 도함수",
        "derivative",
        Setup.of(activations=("sigmoid",), z=0.0),
        chains.derived,
    ),
    Question(
        "tanh-or-sigmoid",
        _CHAIN,
        Text("Is tanh better than sigmoid?", "tanh가 시그모이드보다 나을까요?"),
        "compare which activation choose vs logistic 비교 활성화",
        "decay",
        Setup.of(activations=("sigmoid", "tanh"), depth=50),
        chains.better,
    ),
    Question(
        "saturated-tanh",
        _CHAIN,
        Text("tanh′ reaches 1: why does it still vanish?", "tanh′은 1에 이르는데 왜 소실될까요?"),
        "saturation saturated large weights vanish vanishing 포화",
        "chain",
        Setup.of(activations=("tanh",), depth=20, weights=constant(3.0), layer=20),
        chains.away_from_the_top,
    ),
    Question(
        "larger-weights",
        _CHAIN,
        Text("Can larger weights cancel the 0.25?", "가중치를 키우면 0.25를 상쇄할 수 있을까요?"),
        "sigmoid weight 4 bigger scale make up compensate 가중치",
        "chain",
        Setup.of(activations=("sigmoid",), depth=30, weights=constant(4.0), layer=30),
        chains.away_from_the_top,
    ),
    Question(
        "dead-relu",
        _CHAIN,
        Text("Is it a dead ReLU, or vanishing?", "죽은 ReLU일까요, 소실일까요?"),
        "dying zero negative exactly leaky off 죽은",
        "chain",
        Setup.of(
            activations=("relu",),
            depth=8,
            weights=LayerValues((1.0, 0.8, 1.1, 0.9, -0.7, 1.0, 1.2, 0.9)),
            layer=8,
        ),
        chains.dead,
    ),
    Question(
        "exploding",
        _CHAIN,
        Text("Why does my gradient explode?", "기울기는 왜 폭발할까요?"),
        "exploding blow up inf nan too large weights 폭발",
        "decay",
        Setup.of(activations=("relu",), depth=60, weights=constant(1.5)),
        chains.deep,
    ),
    Question(
        "max-depth",
        _CHAIN,
        Text("How many layers can I stack?", "층을 몇 개까지 쌓을 수 있을까요?"),
        "max maximum depth deep limit many layers 깊이",
        "decay",
        Setup.of(activations=("sigmoid", "tanh", "relu"), depth=50),
        chains.stackable,
    ),
    Question(
        "float16",
        _CHAIN,
        Text(
            "Does float16 lose it, and which loss scale helps?",
            "float16에서 사라질까요, 손실 스케일은 얼마일까요?",
        ),
        "fp16 half precision mixed amp underflow bfloat16 bf16 gradscaler scaler scaling 언더플로"
        " 정밀도",
        "decay",
        Setup.of(activations=("sigmoid",), depth=14),
        chains.in_float16,
    ),
    Question(
        "my-init",
        _LAYERS,
        Text(
            "Which initialisation for my activation at depth 80?",
            "깊이 80에서 내 활성화 함수에 맞는 초기화는?",
        ),
        "init initialise initialization weights gain xavier he kaiming lecun gelu sigma_w choose"
        " recipe 초기화",
        "init",
        Setup.of(activations=("gelu",), depth=80, networks=20),
        networks.advised,
    ),
    Question(
        "why-he",
        _LAYERS,
        Text("Why does He's initialisation have a 2?", "He 초기화에는 왜 2가 있을까요?"),
        "kaiming relu factor two sqrt 2/n variance half gain 분산",
        "phase",
        Setup.of(activations=("relu",), depth=50, sigma_w=2.0**0.5, sigma_b=0.0),
        networks.squares_passed,
    ),
    Question(
        "xavier-or-he",
        _LAYERS,
        Text("Xavier or He for ReLU?", "ReLU에는 Xavier와 He 가운데 무엇이 맞을까요?"),
        "glorot kaiming compare initialisation initialization init 초기화 비교",
        "decay",
        Setup.of(
            activations=("relu",),
            depth=50,
            model="network",
            init=("xavier_normal", "kaiming_normal"),
            networks=20,
        ),
        networks.compared,
    ),
    Question(
        "nn-linear",
        _LAYERS,
        Text("Does PyTorch's default initialisation hold?", "PyTorch의 기본 초기화로 충분할까요?"),
        "nn.linear torch default init initialization reset_parameters good enough 기본값 초기화",
        "decay",
        Setup.of(activations=("tanh", "relu"), depth=50, model="network", networks=20),
        networks.holds,
    ),
    Question(
        "how-exact",
        _LAYERS,
        Text("How exact must the initialisation be?", "초기화는 얼마나 정확해야 할까요?"),
        "tolerance range sigma_w gain precise sensitive 범위 오차",
        "init",
        Setup.of(activations=("tanh",), depth=80, networks=5),
        networks.how_exact,
    ),
    Question(
        "edge-of-chaos",
        _LAYERS,
        Text("What is the edge of chaos, and where?", "혼돈의 가장자리는 무엇이고 어디일까요?"),
        "critical chi mean field phase ordered chaotic line stable sigma_w sigma_b 임계 평균장",
        "phase",
        Setup.of(activations=("tanh",), depth=50, sigma_w=2.4, sigma_b=0.2),
        networks.edge,
    ),
    Question(
        "scatter",
        _LAYERS,
        Text(
            "Theory says healthy: why do networks differ?",
            "이론은 정상인데 왜 신경망마다 다를까요?",
        ),
        "width finite spread random luck seed variance theory 폭 우연",
        "decay",
        Setup.of(
            activations=("relu",),
            depth=50,
            model="network",
            init=("kaiming_normal",),
            networks=50,
        ),
        networks.scattered,
    ),
    Question(
        "dying-units",
        _LAYERS,
        Text("How many ReLU units die, and where?", "ReLU 유닛은 어디에서 얼마나 죽을까요?"),
        "dead dying relu share count layer off 죽은",
        "layers",
        Setup.of(
            activations=("relu",), depth=30, model="network", init=("kaiming_normal",), layer=30
        ),
        networks.dying,
    ),
    Question(
        "saturating-units",
        _LAYERS,
        Text(
            "Which units saturate, and does it matter?",
            "어떤 유닛이 포화되며, 그것이 문제가 될까요?",
        ),
        "saturation saturated flat tanh large weights 포화",
        "layers",
        Setup.of(activations=("tanh",), depth=30, model="network", init=("normal(sigma_w=4)",)),
        networks.saturating,
    ),
    Question(
        "directions",
        _LAYERS,
        Text("Gaussian or orthogonal weights?", "정규분포 가중치일까요, 직교 가중치일까요?"),
        "directions spectrum singular values condition isometry normal jacobian 특잇값 방향",
        "spectrum",
        Setup.of(
            activations=("tanh",),
            depth=100,
            model="network",
            init=("normal",),
            networks=3,
            layer=100,
        ),
        networks.through_directions,
    ),
    Question(
        "skip",
        _BLOCKS,
        Text("Does a skip fix it, and by how much?", "건너뛰기 연결로 얼마나 나아질까요?"),
        "residual resnet shortcut connection gelu 잔차",
        "decay",
        of_blocks("gelu", 64, "plain", "residual(alpha=1/sqrt(L))"),
        networks.skipped,
    ),
    Question(
        "one-over-sqrt-l",
        _BLOCKS,
        Text("Why 1/√L on residual branches?", "잔차 가지에 왜 1/√L을 곱할까요?"),
        "sqrt(L) scale alpha residual resnet depth stream grows variance 잔차 분산",
        "decay",
        of_blocks("relu", 64, "preact(norm=none)", "preact(norm=none, alpha=1/sqrt(L))"),
        networks.scaled_branches,
    ),
    Question(
        "bounds",
        _BLOCKS,
        Text(
            "Up to which α does a stack of skips hold?",
            "α가 얼마까지면 잔차 블록을 쌓을 수 있을까요?",
        ),
        "alpha residual sigma_w bounds stream deep map 잔차",
        "phase",
        Setup.of(
            activations=("relu",),
            depth=64,
            against="alpha",
            sigma_w=1.0,
            sigma_b=0.0,
            alpha=1.0,
        ),
        networks.most_alpha,
    ),
    Question(
        "batch-norm",
        _BLOCKS,
        Text(
            "Why does batch norm explode at the start?",
            "배치 정규화를 쓰면 왜 초기에 기울기가 폭발할까요?",
        ),
        "batchnorm bn exploding initialisation initialization normalization normalisation 정규화"
        " 폭발",
        "decay",
        of_blocks("relu", 50, "plain(norm=batch)", "residual(norm=batch)"),
        networks.batch_normed,
    ),
    Question(
        "pre-or-post-norm",
        _BLOCKS,
        Text("Pre-norm or post-norm?", "정규화는 앞에 둘까요, 뒤에 둘까요?"),
        "prenorm postnorm pre_norm post_norm layernorm transformer layer norm before after warmup"
        " 트랜스포머 정규화",
        "decay",
        of_blocks("gelu", 48, "pre_norm", "post_norm"),
        networks.normalised,
    ),
    Question(
        "rnn-memory",
        _TIME,
        Text("How far back does my RNN remember?", "내 RNN은 얼마나 먼 과거까지 기억할까요?"),
        "recurrent vanilla memory long sequence forget steps tanh 순환 기억",
        "time",
        Setup.of(cells=("tanh",), draws=20, lag=10),
        recurrent.remembers,
    ),
    Question(
        "forget-bias",
        _TIME,
        Text("Which forget bias does my LSTM need?", "LSTM의 망각 편향은 얼마여야 할까요?"),
        "gate half-life remember memory long lstm chrono 망각 게이트",
        "time",
        Setup.of(cells=("lstm",), forget_bias=1.0, draws=20, lag=100),
        recurrent.forget_bias,
    ),
    Question(
        "which-cell",
        _TIME,
        Text(
            "RNN, LSTM or GRU: which remembers longest?",
            "RNN, LSTM, GRU 가운데 무엇이 가장 오래 기억할까요?",
        ),
        "compare cell recurrent memory gates gated 비교 순환",
        "time",
        Setup.of(cells=("tanh", "lstm", "gru"), draws=10, lag=10),
        recurrent.which_cell,
    ),
    Question(
        "clipping",
        _TIME,
        Text("What does clipping do, and what not?", "클리핑은 무엇을 하고 무엇을 하지 못할까요?"),
        "clip clip_grad_norm_ norm exploding explode max_norm rnn 폭발",
        "time",
        Setup.of(cells=("tanh",), cell_init=("gaussian(3)",), x=0.1, clip=1.0, draws=20, lag=100),
        recurrent.clipped,
    ),
    Question(
        "truncation",
        _TIME,
        Text("What does truncated backpropagation lose?", "절단된 역전파는 무엇을 잃을까요?"),
        "bptt tbptt truncate truncated cut detach through time 절단",
        "time",
        Setup.of(cells=("tanh",), truncate=10, draws=20, lag=10),
        recurrent.truncated,
    ),
    Question(
        "my-run",
        _OWN,
        Text(
            "My own run fails: which layer, which step?",
            "내 학습이 실패합니다. 어느 층, 어느 스텝일까요?",
        ),
        "training nan diverge log csv tensorboard wandb mlflow recorder run loss 실행 기록",
        "run",
        Setup.of(),
        recorded.own_run,
    ),
    Question(
        "watch",
        _OWN,
        Text("Can I see it while it trains?", "학습하는 동안 볼 수 있을까요?"),
        "watch live follow stop script slurm running monitor 감시",
        "run",
        Setup.of(),
        recorded.watched,
    ),
    Question(
        "checkpoint",
        _OWN,
        Text("What is in this checkpoint?", "이 체크포인트에는 무엇이 들어 있을까요?"),
        "weights file safetensors npz pt pth model tensor inspect 가중치 파일",
        "",
        Setup.of(),
        recorded.own_weights,
        other="gradtui weights FILE",
    ),
)

BY_NAME = {question.name: question for question in QUESTIONS}
