"""The archive for people and for training: the log as Parquet, a file per day and shard. README.md says more."""
