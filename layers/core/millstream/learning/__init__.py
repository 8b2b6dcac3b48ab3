"""From interactions to a model that can be served: preparation, fitting, export and evaluation (README.md)."""
