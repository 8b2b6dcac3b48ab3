"""Answering recommendation requests."""
