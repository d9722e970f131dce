"""How large what is asked about may be."""

MAX_DEPTH = 100_000
"""Layers of a chain, and of a network in theory."""
MAX_NETWORK_DEPTH = 10_000
"""Layers of a network of arrays."""
MAX_STEPS = 10_000
"""Steps of a sequence."""
MAX_JACOBIAN_UNITS = 256
"""Units of a recurrent cell whose ∂h_T/∂h_{T-k} is looked at."""
