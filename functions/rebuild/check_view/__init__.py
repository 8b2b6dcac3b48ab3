"""A rebuild reads its rows back."""
