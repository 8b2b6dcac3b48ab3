"""The composition root: creates adapters from resource names, and use cases from adapters."""
