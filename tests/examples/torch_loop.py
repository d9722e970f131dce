"""Record a PyTorch training loop: torch_loop.py [well|diverge|vanish|die] [run.jsonl]."""

import sys

import torch
from torch import nn

from gradtui import Recorder

case, path = (sys.argv[1:] + ["well", "run.jsonl"][len(sys.argv) - 1 :])[:2]

torch.manual_seed(0)
depth = 30 if case == "vanish" else 4
activation = {"vanish": nn.Sigmoid, "die": nn.ReLU}.get(case, nn.Tanh)
layers = [nn.Linear(20, 64), activation()]
for _ in range(depth - 2):
    layers += [nn.Linear(64, 64), activation()]
model = nn.Sequential(*layers, nn.Linear(64, 1))
if case == "die":
    nn.init.constant_(model[2].bias, -10.0)
optimizer = torch.optim.SGD(model.parameters(), lr=5.0 if case == "diverge" else 0.05)

recorder = Recorder(path, model, optimizer, units=True)  # <- the first line
for _ in range(100):
    inputs = torch.randn(64, 20)
    loss = nn.functional.mse_loss(model(inputs), inputs[:, :1] + 0.5 * inputs[:, 1:2])
    optimizer.zero_grad()
    loss.backward()
    recorder.step(loss)  # <- the second: after backward, before clipping if there is any
    optimizer.step()
