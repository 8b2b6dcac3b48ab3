"""The same template on LocalStack, for people with Docker."""
