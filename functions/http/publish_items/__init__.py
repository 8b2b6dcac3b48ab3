"""PUT /items."""
