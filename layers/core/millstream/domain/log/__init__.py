"""The log: events, records, positions, and amendments."""
