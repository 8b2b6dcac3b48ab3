"""Into the log: events, items, history, erasures; and from the log into the archive."""
