"""The other ways to do the same: the idiomatic one, and a strong one that leaves out what costs most."""
