"""What is known of a model: its card, and when it served."""
