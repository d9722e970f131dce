"""See a gradient vanish, explode or survive.

Public names load on first use, so that `import gradtui` costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what `typing` takes to import is time in which ctrl+c is not heeded
if TYPE_CHECKING:
    from gradtui.errors import InputError
    from gradtui.mathematics.activations import ACTIVATIONS, activation
    from gradtui.mathematics.activations.record import Activation
    from gradtui.mathematics.blocks.flow import NetworkFlow, network_flow
    from gradtui.mathematics.blocks.records import (
        BatchNorm,
        Elementwise,
        Gated,
        LayerNorm,
        Linear,
        Residual,
        RMSNorm,
    )
    from gradtui.mathematics.chain import Chain, chain
    from gradtui.mathematics.initialisation.draw import RandomNetwork, random_network
    from gradtui.mathematics.initialisation.recipes import INITIALISATIONS
    from gradtui.mathematics.initialisation.record import initialisation
    from gradtui.mathematics.network.flow import GradientFlow, gradient_flow
    from gradtui.mathematics.network.spectrum import Spectrum, jacobian_spectrum
    from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS
    from gradtui.mathematics.recurrent.flow import RecurrentFlow, recurrent_flow
    from gradtui.mathematics.recurrent.jacobian import RecurrentJacobian, recurrent_jacobian
    from gradtui.mathematics.recurrent.random_cells import random_cell
    from gradtui.mathematics.wide.advice import Advice, advise
    from gradtui.mathematics.wide.mean_field import MeanField, critical_sigma_w2, mean_field
    from gradtui.models.recorded.probe import Probe, probe
    from gradtui.runs.folders import Found, find_runs
    from gradtui.runs.reading import read_run
    from gradtui.runs.recorder.jax import JaxRecorder
    from gradtui.runs.recorder.keras import keras_recorder
    from gradtui.runs.recorder.lightning import lightning_recorder
    from gradtui.runs.recorder.recorder import Recorder
    from gradtui.runs.recorder.transformers import transformers_recorder
    from gradtui.runs.run import Run
    from gradtui.runs.weights.reading import read_weights
    from gradtui.runs.weights.tensors import Weights

__version__ = "0.1.0"

__all__ = [
    "ACTIVATIONS",
    "CELL_INITIALISATIONS",
    "INITIALISATIONS",
    "Activation",
    "Advice",
    "BatchNorm",
    "Chain",
    "Elementwise",
    "Found",
    "Gated",
    "GradientFlow",
    "InputError",
    "JaxRecorder",
    "LayerNorm",
    "Linear",
    "MeanField",
    "NetworkFlow",
    "Probe",
    "RMSNorm",
    "RandomNetwork",
    "Recorder",
    "RecurrentFlow",
    "RecurrentJacobian",
    "Residual",
    "Run",
    "Spectrum",
    "Weights",
    "__version__",
    "activation",
    "advise",
    "chain",
    "critical_sigma_w2",
    "find_runs",
    "gradient_flow",
    "initialisation",
    "jacobian_spectrum",
    "keras_recorder",
    "lightning_recorder",
    "mean_field",
    "network_flow",
    "probe",
    "random_cell",
    "random_network",
    "read_run",
    "read_weights",
    "recurrent_flow",
    "recurrent_jacobian",
    "transformers_recorder",
]

_HOMES = {
    "ACTIVATIONS": "gradtui.mathematics.activations",
    "CELL_INITIALISATIONS": "gradtui.mathematics.recurrent.cell_recipes",
    "INITIALISATIONS": "gradtui.mathematics.initialisation.recipes",
    "Activation": "gradtui.mathematics.activations.record",
    "Advice": "gradtui.mathematics.wide.advice",
    "BatchNorm": "gradtui.mathematics.blocks.records",
    "Chain": "gradtui.mathematics.chain",
    "Elementwise": "gradtui.mathematics.blocks.records",
    "Found": "gradtui.runs.folders",
    "Gated": "gradtui.mathematics.blocks.records",
    "GradientFlow": "gradtui.mathematics.network.flow",
    "InputError": "gradtui.errors",
    "JaxRecorder": "gradtui.runs.recorder.jax",
    "LayerNorm": "gradtui.mathematics.blocks.records",
    "Linear": "gradtui.mathematics.blocks.records",
    "MeanField": "gradtui.mathematics.wide.mean_field",
    "NetworkFlow": "gradtui.mathematics.blocks.flow",
    "Probe": "gradtui.models.recorded.probe",
    "RMSNorm": "gradtui.mathematics.blocks.records",
    "RandomNetwork": "gradtui.mathematics.initialisation.draw",
    "Recorder": "gradtui.runs.recorder.recorder",
    "RecurrentFlow": "gradtui.mathematics.recurrent.flow",
    "RecurrentJacobian": "gradtui.mathematics.recurrent.jacobian",
    "Residual": "gradtui.mathematics.blocks.records",
    "Run": "gradtui.runs.run",
    "Spectrum": "gradtui.mathematics.network.spectrum",
    "Weights": "gradtui.runs.weights.tensors",
    "activation": "gradtui.mathematics.activations",
    "advise": "gradtui.mathematics.wide.advice",
    "chain": "gradtui.mathematics.chain",
    "critical_sigma_w2": "gradtui.mathematics.wide.mean_field",
    "find_runs": "gradtui.runs.folders",
    "gradient_flow": "gradtui.mathematics.network.flow",
    "initialisation": "gradtui.mathematics.initialisation.record",
    "jacobian_spectrum": "gradtui.mathematics.network.spectrum",
    "keras_recorder": "gradtui.runs.recorder.keras",
    "lightning_recorder": "gradtui.runs.recorder.lightning",
    "mean_field": "gradtui.mathematics.wide.mean_field",
    "network_flow": "gradtui.mathematics.blocks.flow",
    "probe": "gradtui.models.recorded.probe",
    "random_cell": "gradtui.mathematics.recurrent.random_cells",
    "random_network": "gradtui.mathematics.initialisation.draw",
    "read_run": "gradtui.runs.reading",
    "read_weights": "gradtui.runs.weights.reading",
    "recurrent_flow": "gradtui.mathematics.recurrent.flow",
    "recurrent_jacobian": "gradtui.mathematics.recurrent.jacobian",
    "transformers_recorder": "gradtui.runs.recorder.transformers",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'gradtui' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
