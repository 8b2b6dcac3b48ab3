"""History out of files: rows become checked events, in order of time, as records of the log's history shard."""
