"""The archivist of the stream."""
