"""The command line: `millstream`."""
