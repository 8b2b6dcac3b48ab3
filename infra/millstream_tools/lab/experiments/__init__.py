"""Experiments: configurations of data, preparation, protocols and models, and their evaluation."""
