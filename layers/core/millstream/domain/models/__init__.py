"""Model cards and promotions."""
