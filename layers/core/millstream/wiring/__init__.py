"""The composition root: names of resources become adapters, adapters become use cases."""
