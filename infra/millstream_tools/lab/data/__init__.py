"""Data of the lab."""
