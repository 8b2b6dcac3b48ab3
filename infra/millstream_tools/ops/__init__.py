"""A deployed stack at work: how to reach it, and what people do to it."""
