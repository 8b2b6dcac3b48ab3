"""The local cloud: MiniStack in its own virtual environment, the real template, and a Kinesis poller of our own."""
