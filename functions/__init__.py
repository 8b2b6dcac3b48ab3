"""One folder a Lambda function; each handler says what triggers it, what it needs and what it calls."""
