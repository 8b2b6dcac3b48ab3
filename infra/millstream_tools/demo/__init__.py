"""The demo: import a shop's history, fit a model, and watch events change recommendations."""
