"""What one tensor of weights is like: its fans, scale, spectrum, and the recipe it looks like."""
