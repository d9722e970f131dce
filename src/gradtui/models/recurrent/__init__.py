"""Recurrent cells drawn at random: how far back in time a gradient reaches."""
