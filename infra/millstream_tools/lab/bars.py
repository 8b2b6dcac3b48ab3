"""Progress bars on standard error, if it is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(of: Iterable[Any] | None = None, **shown: Any) -> Any:
    """`of` again, with a bar that goes as it is gone through and is gone at the end; `shown` are tqdm's arguments.

    Without `of` the bar is a context manager, and `update` says how much more is done.
    """
    return tqdm(of, leave=False, disable=not sys.stderr.isatty(), **shown)


def tell(line: str) -> None:
    """Write a line on the error output; a bar that is there stays below it."""
    tqdm.write(line, sys.stderr)
