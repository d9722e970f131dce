"""Weights of others: readers of safetensors, npz and PyTorch's files, that run nothing in them."""
