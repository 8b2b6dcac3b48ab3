"""Names of the files that runs write."""

from __future__ import annotations


def slug(name: str) -> str:
    """A name for a file."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())
