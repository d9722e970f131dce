"""Layers that stand beside one another or around one another: norms, skips and the blocks of them.

`records` are the layers that a flow is given, `flow` runs them; `families` says which blocks there
are and of which `steps`, `reading` takes them from their text form, `draw` draws them at random.
"""
