"""What Millstream does: the use cases and their ports. No AWS, no clock, no environment."""
