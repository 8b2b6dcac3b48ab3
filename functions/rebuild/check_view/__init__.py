"""CheckView: read the new rows back."""
