"""All GET routes."""
