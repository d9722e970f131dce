"""What a newcomer is told: the way that the note goes through the views."""

from __future__ import annotations

TOUR = {
    "derivative": "This is σ′. Then press 2: a chain of three layers; 3: its decay with depth.",
    "chain": "Each layer's σ′ is a factor here. Then 3, the decay; } doubles the depth.",
    "decay": "How much is left at each layer; } doubles the depth, s has scenarios, ? every key.",
}
"""What is said in each view, in the order in which they are gone through."""
