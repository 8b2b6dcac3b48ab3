"""From the log into the views, and the records that could not be folded."""
