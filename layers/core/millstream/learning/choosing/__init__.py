"""Choosing the best model for a shop: measure the shop, try families and knobs on its own validation cut, report."""
