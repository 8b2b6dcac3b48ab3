"""A rebuild folds the users."""
