"""The lessons of the note "Gradient Vanishing Problem", in its order."""

from __future__ import annotations

from gradtui.lessons.chain import CHAIN
from gradtui.lessons.lesson import Lesson
from gradtui.lessons.relu import RELU
from gradtui.lessons.sigmoid import SIGMOID
from gradtui.lessons.tanh import TANH

NOTE: tuple[Lesson, ...] = (CHAIN, SIGMOID, TANH, RELU)
