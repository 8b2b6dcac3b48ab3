"""Files that people have, read by a mapping: every row is an event or a reject (README.md)."""
