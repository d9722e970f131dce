"""The glossary's words: what recurrent cells have, and what runs have."""

from __future__ import annotations

from gradtui.lessons.term import Term, term

_TIME: tuple[Term, ...] = (
    term(
        "cell; cells; recurrent cell; RNN; 순환 셀; 순환 신경망",
        "A recurrent cell: the same weights at every step, from h of the step before and an input"
        " to the next h.",
        "순환 셀로, 모든 시점에서 같은 가중치를 써서 앞 시점의 h와 입력으로 다음 h를 만듭니다.",
    ),
    term(
        "lag; lags; 시차",
        "So many steps back from the last.",
        "마지막 시점에서 거꾸로 센 시점의 수입니다.",
    ),
    term(
        "step; steps; a step; 시점; 스텝",
        "Of a sequence, one of the times at which a cell runs; a step is the factor for each. Of a"
        " run, one update of the weights.",
        "순차 데이터에서는 셀이 작동하는 한 시점이며, a step은 시점마다 곱해지는 값입니다. 실행"
        " 기록에서는 가중치를 한 번 갱신하는 스텝입니다.",
    ),
    term(
        "arrives; 도달",
        "What of ‖∂L/∂h‖ arrives so many steps back, beside that at the last step.",
        "그만큼 거슬러 간 시점에 도달하는 ‖∂L/∂h‖를 마지막 시점의 값에 견준 것입니다.",
    ),
    term(
        "half-life; half life; 반감기",
        "In so many steps half of the gradient is lost; along an LSTM's c alone ln ½ / ln σ(b) with"
        " a forget bias of b.",
        "기울기가 절반으로 줄어드는 데 걸리는 시점의 수입니다. LSTM의 c만 따라가면 망각 편향이 b일"
        " 때 ln ½ / ln σ(b)입니다.",
    ),
    term(
        "forgets at; forget; forgetting; 망각",
        "The first lag from which on less than the threshold arrives.",
        "이 시차부터는 임계값보다 작은 기울기만 도달합니다.",
    ),
    term(
        "gates; gate; forget gate; input gate; update gate; 게이트; 망각 게이트",
        "How far the gates are open, from 0 to 1: i, f, o are the input, forget and output gate of"
        " an LSTM, r and z the reset and update gate of a GRU. f and z keep the state.",
        "게이트가 열린 정도로 0에서 1 사이입니다. i, f, o는 LSTM의 입력, 망각, 출력 게이트이고 r,"
        " z는 GRU의 리셋, 업데이트 게이트이며, 상태를 유지하는 것은 f와 z입니다.",
    ),
    term(
        "forget bias; forget_bias; swept; 망각 편향",
        "The bias b of the gate that keeps the state: with nothing else at the gate it is open to"
        " σ(b), and k steps keep σ(b)^k. Swept: what a map goes over.",
        "상태를 유지하는 게이트의 편향 b입니다. 다른 입력이 없으면 게이트는 σ(b)만큼 열리고, k시점"
        " 동안 σ(b)^k이 남습니다. swept는 지도에서 바꾸어 가는 값입니다.",
    ),
    term(
        "truncation; truncate; truncated; 절단; 절단된 역전파",
        "Truncated backpropagation goes back so many steps only, and leaves out what lies before.",
        "정해진 수의 시점까지만 거꾸로 가고 그 앞은 빼놓는 절단된 역전파입니다.",
    ),
    term(
        "clip; clipping; clipped; clip_grad_norm_; 클리핑",
        "Clipping makes a gradient that is too long shorter, to this norm; its direction stays, and"
        " what vanishes is not helped.",
        "클리핑은 지나치게 긴 기울기를 정해진 노름까지 줄입니다. 방향은 그대로이며, 소실되는"
        " 기울기에는 도움이 되지 않습니다.",
    ),
)

_RUNS: tuple[Term, ...] = (
    term(
        "run; runs; 실행; 학습 기록",
        "A training of your own, as it was recorded.",
        "사용자가 직접 학습시키며 남긴 기록입니다.",
    ),
    term(
        "tensor; 텐서",
        "One of the parameters of a model, by its name, such as blocks.0.mlp.weight.",
        "blocks.0.mlp.weight처럼 이름이 있는 모델의 매개변수입니다.",
    ),
    term(
        "× median; its own median; beside its own median",
        "The norm beside the median of the same tensor over the run.",
        "같은 텐서가 실행 동안 보인 노름의 중앙값에 견준 노름입니다.",
    ),
    term(
        "× last; last layer; beside the last layer",
        "The norm beside that of the last layer at the same step: what is left of the gradient on"
        " its way down.",
        "같은 스텝에서 마지막 층의 노름에 견준 노름으로, 기울기가 내려오면서 남은 정도입니다.",
    ),
    term(
        "update/w; update; update ratio; 갱신 비율",
        "The norm of a step's update beside that of the weight.",
        "한 스텝에서 갱신된 양의 노름을 가중치의 노름에 견준 값입니다.",
    ),
    term(
        "total; total norm; 전체 노름",
        "The norm of the whole gradient, of all parameters together.",
        "모든 매개변수를 합친 기울기 전체의 노름입니다.",
    ),
    term(
        "lr; learning rate; 학습률",
        "The learning rate: what a gradient is multiplied by to make a step of it.",
        "학습률로, 가중치를 갱신할 때 기울기에 곱하는 값입니다.",
    ),
    term(
        "skipped; 건너뛴 스텝",
        "How many steps a loss scaler left out, as a gradient was not finite.",
        "기울기가 유한하지 않아 손실 스케일러가 건너뛴 스텝의 수입니다.",
    ),
    term(
        "spiking; spike; 급등",
        "A symptom of a run: the norm of the gradient is now and then more than ten times what it"
        " was in the steps before.",
        "실행의 증상으로, 기울기의 노름이 이따금 앞선 스텝들의 열 배가 넘게 뛰는 것입니다.",
    ),
)

IN_TIME: tuple[Term, ...] = (*_TIME, *_RUNS)
