"""What can be recommended, how it is published, and conditions on it."""
