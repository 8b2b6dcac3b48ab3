"""The use cases and their ports. No AWS, no clock, no environment."""
