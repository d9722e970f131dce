"""Recurrent cells: their gradients through time, the spectrum of that, and random ones."""

from gradtui.mathematics.recurrent.flow import RecurrentFlow, recurrent_flow

__all__ = ["RecurrentFlow", "recurrent_flow"]
