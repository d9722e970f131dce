"""Runs of others: what ails them, and why as far as their files tell."""
