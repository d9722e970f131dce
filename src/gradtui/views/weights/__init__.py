"""What a file of weights is like, as a page of text and as a table of numbers."""
