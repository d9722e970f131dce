"""Norms of tensors of PyTorch as logarithms, whatever their type can hold."""

from __future__ import annotations

import math
from typing import Any


def log10_norm(tensor: Any) -> tuple[float, float]:
    """log10 of the Frobenius norm and of the largest entry, without under- or overflow."""
    import torch

    values = tensor.detach()
    values = values.coalesce().values() if values.is_sparse else values
    values = torch.view_as_real(values.resolve_conj()) if values.is_complex() else values
    wide = values.to(torch.float32 if values.device.type == "mps" else torch.float64)
    top = float(wide.abs().max()) if wide.numel() else 0.0
    if top == 0.0 or not math.isfinite(top):
        return (-math.inf, -math.inf) if top == 0.0 else (math.inf, math.inf)
    largest = math.log10(top)
    return largest + math.log10(float(torch.linalg.vector_norm(wide / top))), largest


def together(one: float, other: float) -> float:
    """log10 of the norm of two parts, one of which may not be there yet."""
    if math.isnan(one) or not math.isfinite(max(one, other)):
        return other if math.isnan(one) else max(one, other)
    top = max(one, other)
    return top + 0.5 * math.log10(10.0 ** (2.0 * (one - top)) + 10.0 ** (2.0 * (other - top)))
