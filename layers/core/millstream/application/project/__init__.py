"""Projecting the log into the views, and handling of dead letters."""
