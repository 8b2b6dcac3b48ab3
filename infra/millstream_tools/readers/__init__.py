"""Read event and item files by a mapping: every row is an event or a reject (README.md)."""
