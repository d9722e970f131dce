"""Record Transformers' Trainer: transformers_run.py [well|diverge|vanish|die] [run.jsonl]."""

import sys
import tempfile

import torch
from torch import nn
from transformers import Trainer, TrainingArguments

from gradtui import transformers_recorder

case, path = (sys.argv[1:] + ["well", "run.jsonl"][len(sys.argv) - 1 :])[:2]


class Regression(nn.Module):
    """A network that gives its loss, as the models of Transformers do."""

    def __init__(self) -> None:
        super().__init__()
        depth = 30 if case == "vanish" else 4
        activation = {"vanish": nn.Sigmoid, "die": nn.ReLU}.get(case, nn.Tanh)
        layers = [nn.Linear(20, 64), activation()]
        for _ in range(depth - 2):
            layers += [nn.Linear(64, 64), activation()]
        self.network = nn.Sequential(*layers, nn.Linear(64, 1))
        if case == "die":
            nn.init.constant_(self.network[2].bias, -10.0)

    def forward(self, inputs, labels):
        outputs = self.network(inputs)
        return {"loss": nn.functional.mse_loss(outputs, labels), "logits": outputs}


torch.manual_seed(0)
inputs = torch.randn(3200, 20)
targets = inputs[:, :1] + 0.5 * inputs[:, 1:2]
data = [{"inputs": x, "labels": y} for x, y in zip(inputs, targets, strict=True)]
arguments = TrainingArguments(
    tempfile.mkdtemp(),
    per_device_train_batch_size=64,
    num_train_epochs=2,
    optim="sgd",
    learning_rate=5.0 if case == "diverge" else 0.05,
    max_grad_norm=1e6 if case == "diverge" else 10.0,
    use_cpu=True,
    report_to="none",
    save_strategy="no",
    disable_tqdm=True,
)
trainer = Trainer(
    Regression(),
    arguments,
    train_dataset=data,
    callbacks=[transformers_recorder(path)],  # <- the line
)
trainer.train()
