"""A rebuild divides the archive."""
