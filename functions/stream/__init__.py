"""Functions that Kinesis calls."""
