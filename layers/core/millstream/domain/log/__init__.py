"""What happened: events, their records in the log, their order, and what amends them."""
