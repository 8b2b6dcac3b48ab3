"""Import of history from files: rows become validated events, sorted by time, in the log's history shard."""
