"""Local clouds: the embedded one, and LocalStack."""
