"""Recurrent cells: their gradients through time, the spectrum of that, and random ones."""

from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS
from gradtui.mathematics.recurrent.flow import RecurrentFlow, recurrent_flow
from gradtui.mathematics.recurrent.jacobian import RecurrentJacobian, recurrent_jacobian
from gradtui.mathematics.recurrent.random_cells import random_cell

__all__ = [
    "CELL_INITIALISATIONS",
    "RecurrentFlow",
    "RecurrentJacobian",
    "random_cell",
    "recurrent_flow",
    "recurrent_jacobian",
]
