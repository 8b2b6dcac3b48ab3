"""A cached value that is refreshed in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from millstream.application.ports import Clock
from millstream.application.recommend.served import Renew

LONGEST_WAIT_S = 2.0
"""How long readers wait, in all, for a refresh of a value that is older than its bound."""

BOUND_MS = 10_000
"""An older value is refreshed before it is returned; if that fails or takes too long, it is reported as behind."""

LONGEST_PAUSE_MS = 60_000
"""The pause between attempts doubles with each failure, up to this."""

_Value = TypeVar("_Value")


class Refreshed(Generic[_Value]):
    """Returns the cached value, and loads a newer one in another thread when it is older than `every_ms`.

    Only the first reader waits and, for at most LONGEST_WAIT_S, readers of a value older than `bound_ms`: nothing was
    read for a while, or the process was frozen in the middle of a refresh. `load` maps the current value to the next,
    which may be the same; its exceptions go to `on_error`, and the current value is kept.

    Lambda freezes a process between invocations, with its threads, and a clock may be set. So the age of a value is the
    time that has passed on the clock or since the process started, whichever is more.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """

    def __init__(
        self,
        load: Callable[[_Value | None], _Value],
        clock: Clock,
        every_ms: int,
        on_error: Callable[[Exception], None],
        bound_ms: int = BOUND_MS,
        fallback: Callable[[], _Value] | None = None,
    ) -> None:
        self._load = load
        self._clock = clock
        self._every_ms = every_ms
        self._on_error = on_error
        self._bound_ms = bound_ms
        self._fallback = fallback
        self._lock = threading.Lock()
        self._value: _Value | None = None
        self._loaded: _Moment | None = None
        self._tried: _Moment | None = None
        self._failures = 0
        self._renewal: threading.Thread | None = None
        self._was_waited_for = False

    def __call__(self) -> _Value:
        """The value. Raises the exceptions of `load` only if there is neither a value yet nor a fallback."""
        if self._tried is None:
            self._load_first()
        self._renew_if_due()
        if self.behind():
            self._wait()
            # A refresh that was frozen brings what it read before.
            self._renew_if_due()
            self._wait()
        return self._value  # type: ignore[return-value]  # _load_first has filled it

    def behind(self) -> bool:
        """Whether the value is older than its bound, or only a fallback."""
        return self._now().since(self._loaded) >= self._bound_ms

    def _load_first(self) -> None:
        with self._lock:
            if self._tried is not None:
                return
            began = self._now()
            try:
                self._take(self._load(None), began)
            except Exception as error:
                if self._fallback is None:
                    raise
                self._value = self._fallback()
                self._keep(error)

    def _renew_if_due(self) -> None:
        """Start a refresh with the lock held, so that there is one at a time; the refresh releases it."""
        if self._now().since(self._tried) < self._pause_ms() or not self._lock.acquire(blocking=False):
            return
        self._renewal = threading.Thread(target=self._renew, name="refresh", daemon=True)
        self._was_waited_for = False
        try:
            self._renewal.start()
        except RuntimeError as error:  # no more threads: the reader must not pay for it
            self._renewal = None
            self._keep(error)
            self._lock.release()

    def _renew(self) -> None:
        began = self._now()
        try:
            self._take(self._load(self._value), began)
        except Exception as error:  # noqa: BLE001  # whatever went wrong, readers keep what they have
            self._keep(error)
        finally:
            self._lock.release()

    def _wait(self) -> None:
        """Wait for the refresh that is running; once for each, so that one that hangs slows one reader only."""
        renewal = self._renewal
        if renewal is not None and not self._was_waited_for:
            renewal.join(LONGEST_WAIT_S)
            self._was_waited_for = True

    def _keep(self, error: Exception) -> None:
        """Keep the current value, and try again later."""
        self._failures += 1
        self._tried = self._now()
        self._on_error(error)

    def _take(self, value: _Value, began: _Moment) -> None:
        self._value = value
        self._failures = 0
        self._loaded = self._tried = began

    def _pause_ms(self) -> int:
        if self._failures < 2:
            return self._every_ms
        return max(self._every_ms, min(self._every_ms << min(self._failures - 1, 16), LONGEST_PAUSE_MS))

    def _now(self) -> _Moment:
        return _Moment(self._clock.now_ms(), self._clock.elapsed_ms())


class _Moment(NamedTuple):
    """A moment on both clocks."""

    time_ms: int
    elapsed_ms: int

    def since(self, other: _Moment | None) -> float:
        """The milliseconds since another moment; infinite since none."""
        if other is None:
            return float("inf")
        return max(self.time_ms - other.time_ms, self.elapsed_ms - other.elapsed_ms)


def refresh_in_background(clock: Clock, on_error: Callable[[Exception], None]) -> Renew:
    """Values of this process, all with one clock."""

    def renew(
        load: Callable[[_Value | None], _Value], every_ms: int, fallback: Callable[[], _Value] | None = None
    ) -> Refreshed[_Value]:
        return Refreshed(load, clock, every_ms, on_error, fallback=fallback)

    return renew
