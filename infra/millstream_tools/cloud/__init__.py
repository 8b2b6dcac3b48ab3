"""The template on a machine of your own: the embedded local cloud, and LocalStack."""
