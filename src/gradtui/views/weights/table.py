"""What is known of a file of weights as numbers: a row a tensor, and the verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradtui.errors import printable
from gradtui.models.decay import Table, Value
from gradtui.models.weights.flaws import cell_name, rows_of
from gradtui.models.weights.record import Tensor, WeightsRecord
from gradtui.models.weights.stack import Stack

NAMES = {
    "tensor": "its name",
    "also_called": "its other names, where tied tensors are one",
    "shape, dtype, numbers": "as the file has them, and how many numbers that is",
    "layer": "its layer in a plain stack of Linear layers, from 1 on",
    "fan_in, fan_out": "of the layer, kernels of convolutions included",
    "mean, std": "of its finite numbers",
    "sigma_w": "std · √fan_in",
    "sigma_max, sigma_max_error": "the largest singular value of the weights as a matrix "
    "[out, in · kernel]; where the error, a share of it, isn't 0, it is a lower bound",
    "stable_rank": "‖W‖² / sigma_max², an upper bound where sigma_max is a lower one",
    "not_finite": "how many numbers are nan or inf",
    "zero_rows, rows": "how many units or channels have no weight but 0, and of how many",
    "looks_like": "which recipes draw such numbers",
    "bias, sigma_b": "its layer's bias, and the standard deviation of that",
    "forget_bias, half_life": "on bias_hh of an LSTM or a GRU: b_ih + b_hh of the gates that keep, "
    "in the median, and the steps after which half is left by it",
    "log10_rate ACTIVATION": "log10 √χ, theory's factor of a gradient a layer, for each activation",
}
"""The columns, in words."""


def table(record: WeightsRecord) -> Table:
    """A row a tensor; what a tensor has not is None."""
    layers = record.stack.layers if isinstance(record.stack, Stack) else ()
    at = {layer.weight: index for index, layer in enumerate(layers, 1)}
    keeping = {one.cell.parameter("bias_hh"): one for one in record.keeping}
    rows: list[dict[str, Value]] = []
    for one in record.tensors:
        keeps = keeping.get(one.name)
        rows.append(
            {
                "tensor": printable(one.name),
                "also_called": ", ".join(map(printable, one.also_called)),
                "shape": "x".join(map(str, one.shape)),
                "dtype": one.dtype,
                "numbers": one.size,
                "layer": at.get(one.name),
                **_facts(one),
                "bias": printable(one.bias),
                "sigma_b": one.sigma_b if one.bias else None,
                "forget_bias": None if keeps is None else keeps.median,
                "half_life": None if keeps is None else keeps.half_life,
                **{f"log10_rate {spec}": one.log10_rates.get(spec) for spec in record.activations},
            }
        )
    return rows


def _facts(tensor: Tensor) -> dict[str, Value]:
    """What a tensor is like."""
    facts = tensor.facts
    fans = None if facts is None else facts.fans
    singular = None if facts is None else facts.singular
    alike = None if facts is None else facts.likeness
    return {
        "fan_in": None if fans is None else fans.fan_in,
        "fan_out": None if fans is None else fans.fan_out,
        "mean": None if facts is None else facts.mean,
        "std": None if facts is None else facts.std,
        "sigma_w": None if facts is None else facts.sigma_w,
        "sigma_max": None if singular is None else singular.largest,
        "sigma_max_error": None if singular is None else singular.error,
        "stable_rank": None if singular is None else singular.stable_rank,
        "not_finite": None if facts is None else facts.not_finite,
        "zero_rows": None if facts is None else facts.zero_rows,
        "rows": None if facts is None else rows_of(tensor),
        "looks_like": None if alike is None else " or ".join(alike.specs or alike.forms),
    }


def head(record: WeightsRecord) -> dict[str, object]:
    """Everything but the rows, in the types of JSON."""
    stack = record.stack
    return {
        "format": record.source,
        "notes": list(record.notes),
        "healthy": record.healthy,
        "stack": [printable(layer.weight) for layer in stack.layers]
        if isinstance(stack, Stack)
        else None,
        "no_stack": stack if isinstance(stack, str) else "",
        "remark": record.remark,
        "verdicts": [
            {
                "activation": one.finding.subject,
                "verdict": str(one.finding.kind),
                "sentence": one.finding.sentence,
                "cause": one.finding.cause,
                "evidence": one.finding.evidence,
                "next": one.next,
            }
            for one in record.verdicts
        ],
        "flaws": [
            {
                "ails": str(flaw.fault),
                "wrong": flaw.wrong,
                "tensors": list(map(printable, flaw.tensors)),
                "sentence": flaw.sentence,
                "evidence": flaw.evidence,
                "next": flaw.next,
            }
            for flaw in record.flaws
        ],
        "cells": [
            {
                "cell": cell_name(one),
                "kind": one.cell.kind,
                "units": one.cell.units,
                "forget_bias": one.median,
                "forget_bias_least": float(one.bias.min()),
                "forget_bias_most": float(one.bias.max()),
                "half_life": one.half_life,
            }
            for one in record.keeping
        ],
        "flow": list(_flow(record)),
    }


def _flow(record: WeightsRecord) -> Iterator[dict[str, object]]:
    """A row for each layer and activation of a stack, from the input, layer 0, on."""
    for flow in record.flows:
        for layer in range(flow.stack.depth + 1):
            below = flow.stack.layers[layer - 1] if layer else None
            yield {
                "activation": flow.activation,
                "layer": layer,
                "tensor": "" if below is None else printable(below.weight),
                "log10_gradient": float(flow.log10_gradient[layer]),
                "log10_slopes": float(flow.log10_slopes[layer - 1]) if layer else math.nan,
                "log10_weights": float(flow.log10_weights[layer - 1]) if layer else math.nan,
            }
