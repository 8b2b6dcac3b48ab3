"""The rows of tables in files: CSV, JSON lines, Parquet, sequences. Knows nothing of Millstream."""
