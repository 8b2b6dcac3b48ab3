"""The lab: fits models on the log and exports the folders that the scorer runs."""
