"""Millstream: a real-time recommender whose every state is folded from one append-only log."""
