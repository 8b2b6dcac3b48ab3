"""SplitStream: split the records of the stream by user."""
