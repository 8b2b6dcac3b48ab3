"""The domain: events, folds, slates. Standard library only; no clock, no randomness, no environment."""
