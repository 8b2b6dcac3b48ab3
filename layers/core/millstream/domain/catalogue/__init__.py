"""Catalogue items, their publication, and filters on them."""
