"""From a request to a slate."""
