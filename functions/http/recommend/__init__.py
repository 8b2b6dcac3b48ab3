"""The answers to every GET."""
