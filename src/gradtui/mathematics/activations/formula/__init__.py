"""A formula of z as an activation: read, differentiated, evaluated, and its facts derived."""
