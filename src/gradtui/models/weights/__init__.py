"""Weights of others: what each tensor is like, and what a gradient makes of them."""
