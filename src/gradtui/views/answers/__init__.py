"""The sentences that answer questions, drawn from a view's result: no number stands in them."""
