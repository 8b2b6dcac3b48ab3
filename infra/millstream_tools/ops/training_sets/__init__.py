"""Training sets as of a moment: what was known of a user before each event, by the live path's own fold (README.md)."""
