"""Scoring with published models: reading and checking model folders, running their graphs."""
