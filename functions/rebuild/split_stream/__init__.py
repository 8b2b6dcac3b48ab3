"""A rebuild divides what the stream holds."""
