"""The way in for events."""
