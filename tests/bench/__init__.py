"""What Millstream costs beside named peers: `python -m tests.bench`; see README.md."""
