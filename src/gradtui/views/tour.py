"""What a newcomer is told: the way that the note goes through the views."""

from __future__ import annotations

TOUR = {
    "derivative": "New here? s: scenarios, o: lessons, ?: help; 2, 3 go on.",
    "chain": "Each layer's f′ is a factor here. Press 3: how it decays.",
    "decay": "What is left at each layer; } doubles the depth, ? helps.",
}
"""What is said in each view, in the order in which they are gone through: a row of 60 cells."""
