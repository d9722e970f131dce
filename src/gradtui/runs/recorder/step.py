"""What is measured of one step of a PyTorch training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from gradtui.errors import InputError
from gradtui.runs.recorder import measures
from gradtui.runs.recorder.parameters import counted_elsewhere, here
from gradtui.runs.recorder.writer import Value


class Step:
    """One step: first its gradients, then its updates; then all numbers are fetched at once.

    Args:
        number: of the step.
        parameters: in forward order.
        sharded: other ranks have the rest of them.
    """

    def __init__(self, number: int, parameters: Sequence[Any], *, sharded: bool) -> None:
        self.number = number
        self._parameters = parameters
        self._sharded = sharded
        self._tally = measures.Tally()
        self._modules: dict[str, list[str]] = {}
        self._sizes: dict[int, int] = {}
        self._scaled = False

    def put(self, what: str, number: Any) -> None:
        """A number of the whole step, a tensor of one or no tensor; None is left out."""
        if number is None:
            return
        if not torch.is_tensor(number):
            number = torch.tensor(float(number), dtype=torch.float64)
        if number.numel() != 1:
            raise InputError(
                what, f"{number.numel():,} numbers", "one number", "take the mean that is trained"
            )
        self._tally.put(what, 0, number.detach().reshape(()))

    def put_units(self, shares: Mapping[str, Mapping[str, Any]]) -> None:
        """Shares of units by what they are and by module."""
        for what, by_module in shares.items():
            self._modules[what] = list(by_module)
            for at, share in enumerate(by_module.values()):
                self._tally.put(what, at, share)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def measure_gradients(self, scale: Any, *, unscaled: bool) -> None:
        """The gradients that there are.

        Args:
            scale: the loss scale, a tensor; None without a scaler.
            unscaled: the gradients are divided by it already.
        """
        found = self._gradients()
        self._sizes = {at: one.numel() for at, one in found.items()}
        lost_below: Any = measures.LOST
        if scale is not None:
            self.put("loss_scale", scale)
            self._scaled = not unscaled
            lost_below = lost_below / scale if unscaled else lost_below
        measures.gradients(found, lost_below, self._tally)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def measure_weights(self) -> None:
        """The weights that have a gradient."""
        measures.weights(self._weights(self._sizes), self._tally)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def keep_weights(self, kept: dict[int, Any]) -> None:
        """Copy the weights, into what is kept where that fits."""
        for at, weight in self._weights(range(len(self._parameters))).items():
            old = kept.get(at)
            if old is None or (old.shape, old.device) != (weight.shape, weight.device):
                kept[at] = weight.clone()
            else:
                old.copy_(weight)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def measure_updates(self, kept: Mapping[int, Any]) -> None:
        """The weights and what was added to them, after the step, of those with a gradient."""
        after = self._weights(self._sizes)
        measures.updates(after, kept, self._gradients(), self._tally)

    def _weights(self, places: Iterable[int]) -> dict[int, Any]:
        """What is here of some weights."""
        return {at: measures.flat(here(self._parameters[at])) for at in places}

    def _gradients(self) -> dict[int, Any]:
        """What is here of each gradient that there is."""
        return {
            at: measures.flat(here(one.grad))
            for at, one in enumerate(self._parameters)
            if one.grad is not None
        }

    def values(self) -> tuple[dict[str, Value], int]:
        """All that was measured, as `Writer` takes it; and how many steps found an inf."""
        found = self._tally.fetch()
        series: dict[str, Value] = {
            what: found[what][0] for what in ("loss", "lr", "loss_scale") if what in found
        }
        scale = found["loss_scale"][0] if self._scaled else 1.0
        norms = self._norms(found["norm grad"], scale)
        values: dict[str, Value] = {
            **series,
            "total_norm": math.hypot(*(norm for norm in norms if norm is not None)),
            "grad": norms,
        }
        for what in ("weight", "update"):
            if f"norm {what}" in found:
                values[what] = self._norms(found[f"norm {what}"])
        finite = {at: size - found["finite"].get(at, 0.0) for at, size in self._sizes.items()}
        values["not_finite"] = self._shares(finite)
        values["lost_f16"] = self._shares(found["lost"])
        if "swallowed" in found:
            values["swallowed"] = self._shares(found["swallowed"])
        for what, modules in self._modules.items():
            values[what] = {name: found[what][at] for at, name in enumerate(modules)}
        return values, int(found["found_inf"].get(0, 0.0))

    def _norms(self, found: Mapping[int, float], scale: float = 1.0) -> list[float | None]:
        """The norms of all parameters."""
        return [self._norm(at, found, scale) for at in range(len(self._parameters))]

    def _norm(self, at: int, found: Mapping[int, float], scale: float) -> float | None:
        if self._sharded:
            parameter = self._parameters[at]
            # The norm of nothing; a missing one would make that of all ranks missing.
            if counted_elsewhere(parameter) or not here(parameter).numel():
                return 0.0
        return found.get(at, 0.0) / scale if at in self._sizes else None

    def _shares(self, counts: Mapping[int, float]) -> list[float | None]:
        """Of the elements of each parameter that has a gradient."""
        return [
            counts.get(at, 0.0) / max(1, self._sizes[at]) if at in self._sizes else None
            for at in range(len(self._parameters))
        ]
