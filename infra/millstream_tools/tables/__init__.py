"""Read rows of CSV, JSON lines, Parquet and sequence files. Independent of Millstream."""
