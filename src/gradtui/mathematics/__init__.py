"""The engine: derivatives and chain products. Pure numpy; nothing here reads, writes or draws."""
