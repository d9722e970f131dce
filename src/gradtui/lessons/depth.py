"""The lessons on depth: in layers, in time, in blocks; and on clipping."""

from __future__ import annotations

from gradtui.lessons.bptt import BPTT
from gradtui.lessons.chaos import CHAOS
from gradtui.lessons.clipping import CLIPPING
from gradtui.lessons.lesson import Lesson
from gradtui.lessons.lstm import LSTM
from gradtui.lessons.norms import NORMS
from gradtui.lessons.residual import RESIDUAL
from gradtui.lessons.rnn import RNN

DEPTH: tuple[Lesson, ...] = (CHAOS, BPTT, RNN, LSTM, RESIDUAL, NORMS, CLIPPING)
"""In the order in which they are learned."""
