"""Project the stream into the views."""
