"""What `network.gradient_flow` is made of: a forward pass and a backward pass."""
