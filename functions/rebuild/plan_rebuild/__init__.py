"""The first state of a rebuild."""
