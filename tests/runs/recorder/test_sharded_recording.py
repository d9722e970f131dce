"""Two processes train one network: what their recordings tell together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradtui import read_run

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
if not torch.distributed.is_available():
    pytest.skip("this PyTorch has no torch.distributed", allow_module_level=True)

pytestmark = pytest.mark.heavy

SCRIPT = """
import os
import sys
import torch
import torch.distributed as spread
from gradtui import Recorder

way, folder = sys.argv[1:]
if way != "alone":
    meeting, rank = f"file://{folder}/meeting", int(os.environ["RANK"])
    spread.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1))
if way == "fsdp2":
    from torch.distributed.fsdp import fully_shard
    mesh = torch.distributed.device_mesh.init_device_mesh("cpu", (2,))
    fully_shard(model[0], mesh=mesh)
    fully_shard(model, mesh=mesh)
elif way == "fsdp1":
    from torch.distributed.fsdp import FullyShardedDataParallel
    model = FullyShardedDataParallel(
        model, use_orig_params=True, device_id=torch.device("cpu")
    )
elif way == "ddp":
    model = torch.nn.parallel.DistributedDataParallel(model)
elif way == "replicated":
    from torch.distributed.tensor import distribute_module
    mesh = torch.distributed.device_mesh.init_device_mesh("cpu", (2,))
    distribute_module(model, mesh)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
recorder = Recorder(f"{folder}/{way}.jsonl", model, optimizer)
x = torch.randn(8, 6)
for _ in range(3):
    optimizer.zero_grad()
    given = x
    if way == "replicated":
        given = torch.distributed.tensor.distribute_tensor(x, mesh)
    loss = model(given).square().mean()
    loss.backward()
    recorder.step(loss.full_tensor() if way == "replicated" else loss)
    optimizer.step()
recorder.close()
if way != "alone":
    spread.barrier()
    os._exit(0)  # PyTorch may abort where one process leaves the group before the other
"""


def train(way: str, folder: Path) -> None:
    ranks = 1 if way == "alone" else 2
    (folder / "meeting").unlink(missing_ok=True)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, way, str(folder)],
            env=os.environ | {"RANK": str(rank), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(ranks)
    ]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sharded")
    train("alone", folder)
    return folder


@pytest.mark.parametrize("way", ["fsdp2", "fsdp1", "ddp", "replicated"])
def test_the_norms_are_those_of_one_process(folder: Path, way: str) -> None:
    train(way, folder)
    alone, run = read_run(folder / "alone.jsonl"), read_run(folder / f"{way}.jsonl")
    assert (folder / f"{way}.jsonl").is_dir() == (way != "ddp")
    assert run.names == alone.names
    assert run.steps.tolist() == alone.steps.tolist()
    # autograd itself rounds to float32, in another order
    close = {"rtol": 0.0, "atol": 1e-6}
    np.testing.assert_allclose(run.log10_gradients, alone.log10_gradients, **close)
    np.testing.assert_allclose(run.log10_weights, alone.log10_weights, **close)
    np.testing.assert_allclose(run.log10_updates, alone.log10_updates, atol=1e-5)
    np.testing.assert_allclose(run.total_norm, alone.total_norm, rtol=1e-6)
    np.testing.assert_allclose(run.loss, alone.loss, rtol=1e-6)
