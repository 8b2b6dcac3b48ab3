"""The way in for items."""
