"""What a store does with a row of its own that it cannot read, where it reads many."""

from __future__ import annotations

from collections.abc import Callable

OnUnreadable = Callable[[str, Exception], object]
"""Called with the name of what cannot be read (an item's key in hex, a model's version), and the error."""


def ignore(_name: str, _error: Exception) -> None:
    """Leave it out."""


def raise_unreadable(_name: str, error: Exception) -> None:
    """Raise the error."""
    raise error
