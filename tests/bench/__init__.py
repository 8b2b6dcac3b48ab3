"""What Freshet costs beside named peers: `python -m tests.bench`; see README.md."""
