"""What a model learns from: the log as it is meant now, up to a moment."""
