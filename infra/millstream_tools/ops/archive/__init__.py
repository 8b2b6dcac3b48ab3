"""Export of the archive as Parquet, one file per day and shard. See README.md."""
