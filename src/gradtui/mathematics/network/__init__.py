"""A network of given arrays: its gradients, what happens inside it, its Jacobian's spectrum."""

from gradtui.mathematics.network.flow import GradientFlow, gradient_flow

__all__ = ["GradientFlow", "gradient_flow"]
