"""What is folded from the log: a user's state, the trend, their rows."""
