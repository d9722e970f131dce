"""Setups that teach something, each with the view to see it in and what to look for."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.mathematics.layer_values import LayerValues
from gradtui.setup import Loss, Setup
from gradtui.views.setups import constant, of_blocks, of_time


@dataclass(frozen=True)
class Scenario:
    """A named starting point."""

    title: str
    look: str
    view: str
    setup: Setup


SCENARIOS = (
    Scenario(
        "The note's three layers",
        "Every factor of ∂L/∂w₁ under its symbol; walk back to layer 1 with →.",
        "chain",
        Setup.of(layer=3),
    ),
    Scenario(
        "0.25 to the depth",
        "Ten sigmoids at z = 0, where f′ is largest: 0.25^10 is the best they can do.",
        "chain",
        Setup.of(depth=10, biases=constant(-0.5), x=0.5),
    ),
    Scenario(
        "Fifty layers: sigmoid, tanh, ReLU",
        "The same weights, three fates; tab takes the verdict to the next.",
        "decay",
        Setup.of(activations=("sigmoid", "tanh", "relu"), depth=50),
    ),
    Scenario(
        "Saturated tanh",
        "tanh′ is 1 only at z = 0, and large weights push every unit away from it.",
        "chain",
        Setup.of(activations=("tanh",), depth=20, weights=constant(3.0), layer=20),
    ),
    Scenario(
        "Dead ReLU",
        "One negative z, and nothing passes that layer, however large the weights.",
        "chain",
        Setup.of(
            activations=("relu",),
            depth=8,
            weights=LayerValues((1.0, 0.8, 1.1, 0.9, -0.7, 1.0, 1.2, 0.9)),
            layer=8,
        ),
    ),
    Scenario(
        "Weights too large: exploding",
        "ReLU passes all of it, so the weights alone decide: ×1.5 a layer.",
        "decay",
        Setup.of(activations=("relu",), depth=60, weights=constant(1.5)),
    ),
    Scenario(
        "Weights too small: vanishing",
        "No f′ shrinks anything here; weights of 0.7 do, in every layer alike.",
        "decay",
        Setup.of(activations=("relu", "identity"), depth=60, weights=constant(0.7)),
    ),
    Scenario(
        "Weights of 4 against the 0.25",
        "At z = 0 weights of 4 make up for f′ = 0.25, but they drive z away from 0.",
        "decay",
        Setup.of(activations=("sigmoid",), depth=30, weights=constant(4.0)),
    ),
    Scenario(
        "Can larger weights cancel the 0.25?",
        "On average nearly: σw = 10 leaves ×0.46. At 64 units fewer than half keep it.",
        "init",
        Setup.of(
            activations=("sigmoid",),
            depth=80,
            threshold=0.1,
            sigma_w=10.0,
        ),
    ),
    Scenario(
        "Random weights",
        "Random weights make a random walk of log10: look how wide the band is.",
        "decay",
        Setup.of(
            activations=("tanh", "leaky_relu(0.2)", "relu"),
            depth=40,
            weights=LayerValues(std=1.5),
        ),
    ),
    Scenario(
        "PyTorch's default, fifty layers deep",
        "nn.Linear draws σw = 0.58: whatever the activation, it vanishes; f mends it.",
        "decay",
        Setup.of(activations=("tanh", "relu"), depth=50, model="network"),
    ),
    Scenario(
        "Theory and width",
        "Theory says that nothing is lost; the band around it widens with depth/width.",
        "decay",
        Setup.of(activations=("relu",), depth=50, model="network", init=("kaiming_normal",)),
    ),
    Scenario(
        "The edge of chaos",
        "Left of the line gradients vanish, right of it they explode; C goes onto it.",
        "phase",
        Setup.of(activations=("tanh",), depth=50, sigma_w=2.4, sigma_b=0.2),
    ),
    Scenario(
        "One direction or all of them",
        "The largest direction lives while the median dies; orthogonal saves 98 %.",
        "spectrum",
        Setup.of(
            activations=("tanh",),
            depth=100,
            model="network",
            init=("normal",),
            networks=5,
            layer=100,
        ),
    ),
    Scenario(
        "Saturated, and yet it explodes",
        "Nearly half of the units sit where tanh′ is nothing; σw = 4 makes up for it.",
        "layers",
        Setup.of(activations=("tanh",), depth=30, model="network", init=("normal(sigma_w=4)",)),
    ),
    Scenario(
        "64 layers of GELU, with and without a skip",
        "Without it next to nothing arrives; with a skip and 1/√L it is all, and more.",
        "decay",
        of_blocks("gelu", 64, "plain", "residual(alpha=1/sqrt(L))"),
    ),
    Scenario(
        "Residual branches times 1, and times 1/√L",
        "Times 1 a block doubles the stream's variance; times 1/√64 all 64 make it ×2.7.",
        "decay",
        of_blocks("relu", 64, "preact(norm=none)", "preact(norm=none, alpha=1/sqrt(L))"),
    ),
    Scenario(
        "Residual branches that begin at 0",
        "With the last matrix 0 each block passes all of it on: depth costs nothing.",
        "decay",
        of_blocks("gelu", 48, "pre_norm", "pre_norm(init=zero)"),
    ),
    Scenario(
        "48 blocks, the norm before or after",
        "In the branch the stream grows with it; after the skip it stays as large.",
        "decay",
        of_blocks("gelu", 48, "pre_norm", "post_norm"),
    ),
    Scenario(
        "Batch norm, a hundred layers deep",
        "×1.2 a layer, in theory ×1e8 whatever the weights; a skip leaves ×1.04 a block.",
        "decay",
        of_blocks("relu", 100, "plain(norm=batch)", "residual(norm=batch)"),
    ),
    Scenario(
        "An RNN that forgets in 20 steps",
        "f′ takes its part a step and W takes its own: 20 steps back 0.001 is left.",
        "time",
        of_time("tanh", cell_init=("gaussian(0.9)",), x=0.5, lag=20),
    ),
    Scenario(
        "The same with orthogonal W",
        "W takes nothing any more, but f′ still does; with x = 0.1 it remembers.",
        "time",
        of_time("tanh", cell_init=("orthogonal",), x=0.5, lag=20),
    ),
    Scenario(
        "The IRNN: ReLU and the identity",
        "W = I takes nothing, and ReLU nothing of a unit that stays on.",
        "time",
        of_time("relu", cell_init=("identity",)),
    ),
    Scenario(
        "LSTM with a forget bias of 0",
        "f is open to 0.5, so half is gone in a step or two.",
        "time",
        of_time("lstm", forget_bias=0.0),
    ),
    Scenario(
        "LSTM with a forget bias of 1",
        "f is open to 0.73: half is gone in two or three steps; after 100 too little.",
        "time",
        of_time("lstm", forget_bias=1.0),
    ),
    Scenario(
        "LSTM with a forget bias of 3",
        "f is open to 0.95: half of it lasts some 14 steps along c; after 100 enough.",
        "time",
        of_time("lstm", forget_bias=3.0),
    ),
    Scenario(
        "A GRU that keeps",
        "z is open to 0.98, and h stays what it was, and its gradient with it.",
        "time",
        of_time("gru", forget_bias=4.0),
    ),
    Scenario(
        "Exploding through time, clipped",
        "W triples it a step; clipping shortens ∂L/∂θ and leaves which steps it is of.",
        "time",
        of_time("tanh", cell_init=("gaussian(3)",), x=0.1, clip=1.0),
    ),
    Scenario(
        "The note's vanilla RNN",
        "As deep as its memory is long: every step back is one more f′ and one more W.",
        "time",
        of_time("tanh"),
    ),
    Scenario(
        "A random 3x3 matrix twenty times, and half of it",
        "Half of W leaves 0.5^20 of what W does: one factor a step decides.",
        "time",
        of_time(
            "identity",
            cell_init=("gaussian(sqrt(3))", "gaussian(sqrt(3/4))"),
            hidden_size=3,
            steps=20,
            lag=20,
            x=0.0,
        ),
    ),
    Scenario(
        "A squared error, nearly met",
        "The loss itself sends back little when the output is near its target.",
        "chain",
        Setup.of(depth=3, loss=Loss(target=0.66), layer=3),
    ),
)
