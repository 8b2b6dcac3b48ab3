"""Functions that API Gateway calls."""
