"""Runs published models: reads a model folder, checks it, and answers with it."""
