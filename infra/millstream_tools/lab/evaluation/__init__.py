"""How good a model is: full rankings of the whole catalogue, never of a sample of it."""
