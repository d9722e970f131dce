"""A look at one pass of somebody's own PyTorch network: module by module, with a verdict."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradtui import settings
from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Kind, Verdict
from gradtui.models.recorded.layers import FRACTION
from gradtui.models.recorded.plain_stack import Theory, theory_of
from gradtui.models.recorded.symptom import GRAVEST_FIRST, Symptom
from gradtui.models.recorded.symptoms import symptoms_of
from gradtui.plots.ascii import ascii_only
from gradtui.runs.recorder.norms import together
from gradtui.runs.recorder.one_pass import Pass, one_pass
from gradtui.runs.recorder.writer import Writer
from gradtui.runs.run import Run
from gradtui.wording import magnitude


@dataclass(frozen=True, eq=False)
class Probe:
    """What one forward and backward pass of a network has shown.

    By module, those that call no others, in the order in which they ran; the second use of one is
    told as `name:2`. Arrays are float64; log10 is -inf for an exact 0, inf for what is not finite,
    nan where there is nothing: no gradient goes there, or it is no activation.

    Attributes:
        modules: names [m].
        kinds: their classes [m].
        roles: what each makes of a gradient [m]: "f′", "weights", "norm" or "other".
        log10_signal: of the root mean square of a module's output [m].
        log10_gradients: of ‖∂L/∂output‖ [m].
        log10_factors: of ‖∂L/∂input‖ / ‖∂L/∂output‖ [m]: what the module makes of a gradient on
            its way back, by way of itself alone, without skips around it.
        saturated: the share of values where |f′| is below 1 % of its maximum [m].
        dead: the share of units with f′ = 0 for the whole batch [m].
        parameters: names [p], in the order in which they were used.
        log10_parameter_gradients: of the norm [p].
        log10_weights: of the norm [p].
        loss: the loss.
        training: whether the model was in training mode.
        underflow: the module at whose output a gradient that is not 0 is seen for the last time,
            on the way back, below what its type can hold; "" if none underflows to 0.
        symptoms: what ails it, the gravest first.
        theory: what theory says, where the network is a plain stack.
    """

    modules: tuple[str, ...]
    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    log10_signal: Array
    log10_gradients: Array
    log10_factors: Array
    saturated: Array
    dead: Array
    parameters: tuple[str, ...]
    log10_parameter_gradients: Array
    log10_weights: Array
    loss: float
    training: bool
    underflow: str
    symptoms: tuple[Symptom, ...]
    theory: Theory | None

    @property
    def healthy(self) -> bool:
        """Whether nothing ails it."""
        return not self.symptoms

    @property
    def log10_rates(self) -> Array:
        """log10 of a module's gradient beside that of the one behind it [m]; nan for the last."""
        with np.errstate(invalid="ignore"):
            return np.append(self.log10_gradients[:-1] - self.log10_gradients[1:], np.nan)

    def log10_made_by(self, role: str) -> tuple[float, int]:
        """What the modules of a role make of a gradient, and how many they are.

        Args:
            role: "f′", "weights" or "norm".

        Returns:
            log10 of the geometric mean of their factors, and of how many it is; nan of none.
        """
        finite = np.isfinite(self.log10_factors) & (np.array(self.roles) == role)
        count = int(finite.sum())
        return (float(self.log10_factors[finite].mean()) if count else math.nan), count

    @cached_property
    def text(self) -> str:
        """A table of the modules and the verdict, 80 columns wide."""
        from gradtui.models.recorded.probe_text import text_of

        return text_of(self)

    def __str__(self) -> str:
        """The text, in ASCII where standard output shows nothing else."""
        if settings.shows_unicode(getattr(sys.stdout, "encoding", None)):
            return self.text
        from gradtui.models.recorded.probe_text import text_of

        with ascii_only():
            return text_of(self)


def probe(
    model: Any,
    inputs: Any,
    loss: Callable[[Any], Any],
    path: str | os.PathLike[str] | None = None,
) -> Probe:
    """Send one batch through a PyTorch network and its gradient back, and look at every module.

    For example `print(gradtui.probe(model, x, lambda y: F.cross_entropy(y, target)))`. The model
    runs in the mode that it is in, and is left as it was: gradients, buffers, random numbers,
    hooks. Its gradients are those of the loss as it is given: not scaled, not clipped.

    Args:
        model: a `torch.nn.Module`; of one that is compiled, what was compiled runs.
        inputs: a tuple: its arguments; a mapping: its arguments by name; else its one argument.
        loss: from the model's output to the loss, a tensor with one number: of a model that gives
            its loss itself, `lambda y: y.loss`.
        path: where a recording of one step is appended, for `gradtui run` and `read_run`.

    Raises:
        InputError: the model is none or has not seen its first batch, the loss is no number that
            depends on a parameter, or there is another file at `path`. What the model raises
            passes through.
    """
    found = one_pass(model, inputs, loss)
    looked_at = _probe_of(found)
    if path is not None:
        _record(looked_at, path)
    return looked_at


def _probe_of(found: Pass) -> Probe:
    uses = found.uses
    gradients = np.array([use.gradient for use in uses])
    underflow = _underflow(found)
    with np.errstate(invalid="ignore"):
        factors = np.array([use.arrives for use in uses]) - gradients
    factors[~np.isfinite(gradients)] = np.nan
    names = tuple(use.name for use in uses)
    weights = np.array(found.weights)
    by_parameter = np.array(found.gradients)
    runs = (
        _run(found.parameters, by_parameter, weights, found.loss),
        _run(names, gradients, None, math.nan),
    )
    return Probe(
        modules=names,
        kinds=tuple(type(use.module).__name__ for use in uses),
        roles=tuple(use.role for use in uses),
        log10_signal=np.array([use.signal for use in uses]),
        log10_gradients=gradients,
        log10_factors=factors,
        saturated=np.array([use.saturated for use in uses]),
        dead=np.array([use.dead for use in uses]),
        parameters=found.parameters,
        log10_parameter_gradients=by_parameter,
        log10_weights=weights,
        loss=found.loss,
        training=found.training,
        underflow=uses[underflow].name if underflow is not None else "",
        symptoms=_symptoms(found, runs, underflow),
        theory=theory_of(found),
    )


def _symptoms(found: Pass, runs: Iterable[Run], underflow: int | None) -> tuple[Symptom, ...]:
    """What ails the gradients of parameters, and what those of modules show beside it."""
    by_ailment: dict[Verdict, Symptom] = {}
    for run in runs:
        for symptom in symptoms_of(run):
            by_ailment.setdefault(symptom.kind, symptom)
    if underflow is not None:
        # That it is exactly 0 further down is no dead unit's doing.
        by_ailment.pop(Kind.DEAD, None)
        use = found.uses[underflow]
        by_ailment[Kind.VANISHING] = Symptom(
            Kind.VANISHING,
            f"vanishing: the gradient underflows to 0 in {use.dtype} before {use.name}, where its "
            f"largest entry is {magnitude(use.largest)}; healthy is above {FRACTION:g} of the last "
            "module's.",
            f"The smallest normal number of {use.dtype} is {use.smallest_normal:.2g}.",
            "See which factor takes it in the table; a loss scaler helps where only the type is "
            "too small.",
            0,
            use.name,
        )
    return tuple(by_ailment[ailment] for ailment in GRAVEST_FIRST if ailment in by_ailment)


def _underflow(found: Pass) -> int | None:
    """The first module with a gradient that is not 0, if what is before it underflowed."""
    zeros = [at for at, use in enumerate(found.uses) if use.gradient == -math.inf]
    for at in range(zeros[-1] + 1 if zeros else len(found.uses), len(found.uses)):
        use = found.uses[at]
        if math.isfinite(use.gradient):
            below = 10.0**use.largest < use.smallest_normal
            return at if below else None
    return None


def _run(names: tuple[str, ...], log10: Array, weights: Array | None, loss: float) -> Run:
    """One step of a run, as it would be read."""
    total = math.nan
    for one in log10[~np.isnan(log10)]:
        total = together(total, float(one))
    by_step = {"loss": loss, "total_norm": 10.0**total if total < _LARGEST else total}
    others = ("learning_rate", "loss_scale", "skipped", "clip", "clipped")
    return Run(
        steps=np.zeros(1, np.int64),
        names=names,
        order="recorded",
        log10_gradients=log10[None],
        log10_weights=None if weights is None else weights[None],
        log10_updates=None,
        loss=np.array([loss]),
        total_norm=np.array([by_step["total_norm"]]),
        learning_rate=None,
        loss_scale=None,
        skipped=None,
        clip=None,
        clipped=None,
        losses={"loss": np.array([loss])},
        recorded={
            **{key: np.array([weights is not None]) for key in by_step},
            **dict.fromkeys(others, np.zeros(1, bool)),
        },
        source="a probe",
        probed=True,
    )


_LARGEST = 308.0


def _record(found: Probe, path: str | os.PathLike[str]) -> None:
    """One step of a recording."""
    others: dict[str, object] = {"probe": True}
    if (theory := found.theory) is not None:
        others["theory"] = {
            "activation": theory.activation,
            "log10_rate": theory.log10_rate,
            "log10_measured": theory.log10_measured_rate,
        }
    writer = Writer(path, found.parameters, others=others)
    with np.errstate(over="ignore"):
        gradients, weights = 10.0**found.log10_parameter_gradients, 10.0**found.log10_weights
    total = _run(found.parameters, found.log10_parameter_gradients, None, math.nan).total_norm
    shares = {
        what: {
            name: float(share)
            for name, share in zip(found.modules, values, strict=True)
            if not math.isnan(share)
        }
        for what, values in (("saturated", found.saturated), ("dead", found.dead))
    }
    try:
        writer.write(
            0,
            {
                "loss": found.loss,
                "total_norm": float(total[0]),
                "grad": [None if math.isnan(one) else float(one) for one in gradients],
                "weight": weights,
                **shares,
            },
        )
    finally:
        writer.close()
