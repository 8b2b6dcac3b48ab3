"""Views folded from the log: user states, trends, and their stored rows."""
