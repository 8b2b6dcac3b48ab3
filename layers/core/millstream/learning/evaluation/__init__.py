"""Evaluation of models: questions split from the data, ranks among all items, metrics."""
