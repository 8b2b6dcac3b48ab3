"""What a user is shown, and what they asked for."""
