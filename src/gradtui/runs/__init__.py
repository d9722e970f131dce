"""What others measured: readers of the runs of people's own, by format."""
