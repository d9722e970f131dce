"""Sweeps: a view asked of many setups, a row a setup, on many processes or machines."""
