"""The projector of the stream."""
