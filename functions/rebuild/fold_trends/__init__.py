"""A rebuild folds the trends."""
