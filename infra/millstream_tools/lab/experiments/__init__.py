"""Experiments: a configuration says data, preparation, protocols and models; a run measures them and writes results."""
