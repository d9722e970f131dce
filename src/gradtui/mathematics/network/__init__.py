"""A network of given arrays: its gradients, what happens inside it, its Jacobian's spectrum."""
