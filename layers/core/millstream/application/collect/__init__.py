"""Writing to the log (events, items, history, erasures), and from the log to the archive."""
