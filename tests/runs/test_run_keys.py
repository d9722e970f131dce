"""What the names in people's logs mean, and which mean nothing."""

from __future__ import annotations

import pytest

from gradtui.runs.keys import Kind, role, spoken

TOTALS = (
    "grad_norm",
    "train/grad_norm",
    "gnorm",
    "norm",
    "l2_norm/grad/global",
    "grad_2.0_norm_total",
    "grad_inf_norm_total",
    "grad_norm/total",
    "gradient_norm",
    "grad norm",
    "total_norm",
    "optim/total_grad_norm",
    "average gradient norm",
    "Grad/norm",
    "bright-sun-7 - train/grad_norm",
)
LAYERS = {
    "grad_2.0_norm/fc1.weight": "fc1.weight",
    "grad_inf_norm/fc1.weight": "fc1.weight",
    "grad_2.0_norm_fc1.weight_step": "fc1.weight",
    "grad_2.0_norm_fc1.weight": "fc1.weight",
    "gradients/fc1.weight": "fc1.weight",
    "l2_norm/grad/module.h.0.weight": "module.h.0.weight",
    "layer_grad_l2_norm/h.0": "h.0",
    "per_layer_grad_norm/layer_3": "layer_3",
    "grad_norm/h.10.attn.weight": "h.10.attn.weight",
    "train/grad_norm/h.1": "h.1",
    "grad/fc1.weight": "fc1.weight",
    "grads/fc1.weight": "fc1.weight",
    "fc1.weight.grad": "fc1.weight",
    "fc1/weight/grad": "fc1/weight",
    "fc1.weight/grad_norm": "fc1.weight",
    "actor/grad_norm": "actor",
    "grad_norm/global_attention": "global_attention",
}
OTHERS = {
    "l2_norm/param/fc1.weight": (Kind.WEIGHT, "fc1.weight"),
    "parameters/fc1.weight": (Kind.WEIGHT, "fc1.weight"),
    "l2_norm/update/fc1.weight": (Kind.UPDATE, "fc1.weight"),
    "loss": (Kind.LOSS, ""),
    "train_loss": (Kind.LOSS, ""),
    "train/loss": (Kind.LOSS, ""),
    "Loss/train": (Kind.LOSS, ""),
    "lm loss": (Kind.LOSS, ""),
    "train_disc_loss": (Kind.LOSS, ""),
    "trl": (Kind.LOSS, ""),
    "lr": (Kind.RATE, ""),
    "learning_rate": (Kind.RATE, ""),
    "lr-AdamW/pg1": (Kind.RATE, ""),
    "epoch_learning_rate": (Kind.RATE, ""),
    "epoch_loss": (Kind.LOSS, ""),
    "loss_scale": (Kind.SCALE, ""),
    "loss scale": (Kind.SCALE, ""),
    "train/loss_scale": (Kind.SCALE, ""),
    "number of skipped iterations": (Kind.SKIPPED, ""),
    "clip": (Kind.CLIPPED, ""),
    "max_grad_norm": (Kind.CLIP, ""),
    "step": (Kind.STEP, ""),
    "train/global_step": (Kind.STEP, ""),
    "_step": (Kind.STEP, ""),
    "num_updates": (Kind.STEP, ""),
    "epoch": (Kind.EPOCH, ""),
}
NOTHING = (
    "val_loss",
    "eval_loss",
    "eval/loss",
    "validation loss",
    "test/grad_norm",
    "best_loss",
    "accuracy",
    "val_grad_norm",
    "train/accuracy",
    "weight_decay",
    "batch size",
    "grad_norm__MIN",
    "bright-sun-7 - train/loss__MAX",
    "evaluation_loss_vs_iterations",
    "graduation",
    "normal",
    "glossary",
    "steps_per_second",
    "train_steps_per_second",
    "time",
    "",
    " ",
    "x" * 1_000 + "/grad_norm",
)


@pytest.mark.parametrize("key", TOTALS)
def test_a_total_norm(key: str) -> None:
    found = role(key)
    assert found is not None
    assert (found.kind, found.layer) == (Kind.TOTAL, "")


@pytest.mark.parametrize("key", LAYERS)
def test_a_layers_norm(key: str) -> None:
    found = role(key)
    assert found is not None
    assert (found.kind, found.layer) == (Kind.GRADIENT, LAYERS[key])


@pytest.mark.parametrize("key", OTHERS)
def test_what_stands_beside_them(key: str) -> None:
    found = role(key)
    assert found is not None
    assert (found.kind, found.layer) == OTHERS[key]


@pytest.mark.parametrize("key", NOTHING)
def test_what_means_nothing(key: str) -> None:
    assert role(key) is None


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("saved at step", "step"),
        ("Iter", "Iter"),
        ("average gradient norm", "average gradient norm"),
        ("layer fc1.weight grad norm", "fc1.weight grad norm"),
        ("the grad norm", "grad norm"),
        ("eval at step", None),
        ("best val loss", None),
        ("went to the shop", None),
        ("tokens per step", None),
        ("max steps", None),
        ("weight norm", None),
        ("INFO step", "step"),
        ("kl loss", "kl loss"),
        ("the lr", "lr"),
    ],
)
def test_the_end_of_a_phrase_is_a_key(words: str, key: str | None) -> None:
    assert spoken(words) == key
