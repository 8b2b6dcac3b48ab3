"""A cached value that is refreshed in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from millstream.application.ports import Clock
from millstream.application.recommend.served import Renew

LONGEST_WAIT_S = 2.0

IDLE_MS = 15_000
"""After this idle time, a value is refreshed before it is returned."""

_Value = TypeVar("_Value")


class Refreshed(Generic[_Value]):
    """Returns the cached value, and loads a newer one in another thread when it is older than `every_ms`.

    Only the first reader waits and, for at most LONGEST_WAIT_S, a reader of a value older than `idle_ms`, because no
    request has refreshed it. `load` maps the current value to the next, which may be the same; its exceptions go to
    `on_error`, and the current value is kept.
    """

    def __init__(
        self,
        load: Callable[[_Value | None], _Value],
        clock: Clock,
        every_ms: int,
        on_error: Callable[[Exception], None],
        idle_ms: int | None = None,
    ) -> None:
        self._load = load
        self._clock = clock
        self._every_ms = every_ms
        self._on_error = on_error
        self._idle_ms = idle_ms
        self._lock = threading.Lock()
        self._value: _Value | None = None
        self._loaded_at_ms = 0
        self._loaded = False

    def __call__(self) -> _Value:
        """The value. Raises the exceptions of `load` only if there is no value yet."""
        if not self._loaded:
            self._load_first()
            return self._value  # type: ignore[return-value]  # _load_first has filled it
        age_ms = self._clock.now_ms() - self._loaded_at_ms
        if age_ms >= self._every_ms and self._lock.acquire(blocking=False):
            renewal = self._begin_renewal()
            if renewal is not None and self._idle_ms is not None and age_ms >= self._idle_ms:
                renewal.join(LONGEST_WAIT_S)
        return self._value  # type: ignore[return-value]  # _load_first has filled it

    def _load_first(self) -> None:
        with self._lock:
            if not self._loaded:
                self._take(self._load(None))

    def _begin_renewal(self) -> threading.Thread | None:
        """Start a refresh with the lock held, so that there is one at a time; the refresh releases it."""
        renewal = threading.Thread(target=self._renew, name="refresh", daemon=True)
        try:
            renewal.start()
        except RuntimeError as error:  # no more threads: the reader must not pay for it
            self._keep(error)
            self._lock.release()
            return None
        return renewal

    def _renew(self) -> None:
        try:
            self._take(self._load(self._value))
        except Exception as error:  # noqa: BLE001  # whatever went wrong, readers keep what they have
            self._keep(error)
        finally:
            self._lock.release()

    def _keep(self, error: Exception) -> None:
        """Keep the current value, and try again after `every_ms`."""
        self._loaded_at_ms = self._clock.now_ms()
        self._on_error(error)

    def _take(self, value: _Value) -> None:
        self._value = value
        self._loaded_at_ms = self._clock.now_ms()
        self._loaded = True


def refresh_in_background(clock: Clock, on_error: Callable[[Exception], None]) -> Renew:
    """Values of this process, all with one clock."""

    def renew(load: Callable[[_Value | None], _Value], every_ms: int) -> Callable[[], _Value]:
        return Refreshed(load, clock, every_ms, on_error, IDLE_MS)

    return renew
