"""Small runs: as text, of every format that is text, and what the real libraries wrote."""

from __future__ import annotations

import json
from pathlib import Path

from gradtui import Run, read_run

CSV = "step,loss,grad_norm,grad_norm/h.0,grad_norm/h.1\n" + "".join(
    f"{at},{2.5 - at / 8},{1.5 * at + 0.25},{10.0**-at},{0.125 * at}\n" for at in range(12)
)
TSV = CSV.replace(",", "\t")
SEMICOLONS = CSV.replace(",", ";").replace(".", ",").replace("/h,", "/h.")
JSON_LINES = "".join(
    json.dumps({"step": at, "train/loss": 2.5 - at / 8, "grad_norm": {"h.0": 1.5, "h.1": at}})
    + "\n"
    for at in range(12)
)
LLM_C = "".join(
    f"s:{at} trl:{11 - at / 8:.4f} lr:0.000{at:03d} norm:{15.5 - at:.2f}\n" for at in range(12)
)
NANO_GPT = "".join(
    f"iter {at}: loss {4 - at / 8:.4f}, time 45.00ms, mfu 2.10%\n" for at in range(12)
)
TITAN = "".join(
    f"[titan] 2025-01-01 12:00:00,123 - root - INFO - \x1b[31mstep: {at:2d}  \x1b[32mloss: "
    f"{8 - at / 8:7.4f}  \x1b[38;2;180;60;0mgrad_norm: {1 + at / 4:7.4f}  \x1b[34mmemory: "
    "0.98GiB(1.2%)  \x1b[36mtps: 1,234\x1b[39m\n"
    for at in range(1, 12)
)
MEGATRON = "".join(
    f" [2024-01-01 00:00:00] iteration {at:8d}/  250000 | consumed samples: {at * 512:12d} | "
    f"elapsed time per iteration (ms): 1234.5 | learning rate: {at / 1e5:.3E} | global batch "
    f"size:   512 | lm loss: {10 - at / 8:.6E} | loss scale: 1.0 | grad norm: "
    f"{'nan' if at == 7 else f'{at + 0.5:.3f}'} | number of skipped iterations: "
    f"{int(at == 7):3d} | number of nan iterations:   0 |\n"
    for at in range(1, 12)
)
FAIRSEQ = "".join(
    "2020-10-10 00:00:00 | INFO | train_inner | "
    + json.dumps(
        {
            "epoch": 1,
            "update": round(at / 40, 3),
            "loss": f"{10 - at / 8:.3f}",
            "num_updates": str(at),
            "lr": "3.6e-05",
            "gnorm": f"{at + 0.25:.3f}",
            "clip": "100",
            "loss_scale": "128",
        }
    )
    + "\n"
    for at in range(1, 12)
)
TRAINER = (
    "".join(
        f"{{'loss': {2.5 - at / 8}, 'grad_norm': {'nan' if at == 7 else at + 0.5}, "
        f"'learning_rate': 5e-05, 'epoch': {at / 4}}}\n"
        + ("{'eval_loss': 9.5, 'epoch': 1.0}\n" if at == 4 else "")
        for at in range(12)
    )
    + "{'train_runtime': 3.5, 'train_loss': 1.5, 'epoch': 3.0}\n"
)
TRAINER_STRINGS = "".join(
    f"{{'loss': '{2.5 - at / 8}', 'grad_norm': '{at + 0.5}', 'epoch': '{at / 4}'}}\n"
    for at in range(12)
)
RECORDING = (
    json.dumps({"gradtui": 1, "names": ["b.weight", "a.weight"]})
    + "\n"
    + "".join(
        json.dumps(
            {
                "step": at,
                "loss": "nan" if at == 9 else 2.5 - at / 8,
                "total_norm": 1.5,
                "lr": 0.001,
                "loss_scale": 1024.0,
                "skipped": 0,
                "clip": 1.0,
                "grad": [10.0**-at, "inf" if at == 9 else 0.0],
                "weight": [4.0, 2.0],
                "update": [4e-3, None],
                "not_finite": [0.0, 0.5 if at == 9 else 0.0],
                "lost_f16": [0.25, 0.0],
                "swallowed": [0.75, 0.0],
                "dead": {"act.1": 0.5},
            }
        )
        + "\n"
        for at in range(12)
    )
)
ALL = {
    "csv": CSV,
    "tsv": TSV,
    "semicolons": SEMICOLONS,
    "json_lines": JSON_LINES,
    "llm_c": LLM_C,
    "nano_gpt": NANO_GPT,
    "titan": TITAN,
    "megatron": MEGATRON,
    "fairseq": FAIRSEQ,
    "trainer": TRAINER,
    "trainer_strings": TRAINER_STRINGS,
    "recording": RECORDING,
}

FIXTURES = Path(__file__).parent.parent / "runs" / "fixtures"
FILES = {
    one.name: one.read_bytes()
    for one in sorted(FIXTURES.iterdir())
    if one.is_file() and (one.suffix not in (".py", ".json") or one.name == "trainer_state.json")
} | {name: text.encode() for name, text in ALL.items()}
"""What every fixture that is one file holds, and every sample."""


def reading(content: str | bytes, tmp_path: Path) -> Run:
    """The run that a file of this content holds, whatever its name."""
    file = tmp_path / "some.file"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_run(file)
