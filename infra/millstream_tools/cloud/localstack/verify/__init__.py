"""LocalStack's open-source core without Docker, to try what the container would run."""
