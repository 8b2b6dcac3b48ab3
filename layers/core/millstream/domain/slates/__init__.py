"""Recommendation requests and the slates that answer them."""
