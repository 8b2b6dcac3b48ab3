"""POST /events."""
