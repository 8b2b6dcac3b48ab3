"""Implementations of the ports with this process and its files."""
