"""Families of models that need numpy alone."""
