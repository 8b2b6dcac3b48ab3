"""The edges that functions share: HTTP, the stream, and what they tell about themselves."""
