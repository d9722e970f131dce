"""Record Lightning's Trainer: lightning_run.py [well|diverge|vanish|die] [run.jsonl]."""

import sys

import lightning
import torch
from torch import nn

from gradtui import lightning_recorder

case, path = (sys.argv[1:] + ["well", "run.jsonl"][len(sys.argv) - 1 :])[:2]


class Regression(lightning.LightningModule):
    """A network that is trained on a line."""

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

    def training_step(self, batch):
        inputs, targets = batch
        return nn.functional.mse_loss(self.network(inputs), targets)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=5.0 if case == "diverge" else 0.05)


torch.manual_seed(0)
inputs = torch.randn(3200, 20)
data = torch.utils.data.TensorDataset(inputs, inputs[:, :1] + 0.5 * inputs[:, 1:2])
trainer = lightning.Trainer(
    max_epochs=2,
    gradient_clip_val=10.0,
    callbacks=[lightning_recorder(path)],  # <- the line
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(Regression(), torch.utils.data.DataLoader(data, batch_size=64, shuffle=True))
