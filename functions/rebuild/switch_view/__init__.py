"""The last state of a rebuild."""
