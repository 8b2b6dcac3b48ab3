"""Evaluation of models by full rankings of the whole catalogue."""
