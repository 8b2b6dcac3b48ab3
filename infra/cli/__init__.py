"""The command line: `freshet`."""
