"""The ports on this process and its files."""
