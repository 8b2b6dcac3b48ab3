"""Archive the stream."""
