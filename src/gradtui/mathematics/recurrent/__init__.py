"""Recurrent cells: their gradients through time, the spectrum of that, and random ones."""
