"""Two calls that take turns at every call to their store, in an order that the test decides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

PATIENCE_S = 20


class Racer:
    """A call in a thread of its own, which runs only from one store call to the next, and only when told."""

    def __init__(self, call: Callable[[Any], object], store: object) -> None:
        self.result: object = None
        self.error: BaseException | None = None
        self.finished = False
        self._go = threading.Semaphore(0)
        self._paused = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(call, _Turnstile(store, self)), daemon=True)
        self._thread.start()

    def step(self) -> None:
        """Run up to the next store call, or to the end."""
        self._go.release()
        assert self._paused.acquire(timeout=PATIENCE_S), "a racer neither paused nor ended"

    def wait_for_turn(self) -> None:
        """Called in the racer's thread, before each store call."""
        self._paused.release()
        assert self._go.acquire(timeout=PATIENCE_S), "a racer was never told to go on"

    def _run(self, call: Callable[[Any], object], store: object) -> None:
        assert self._go.acquire(timeout=PATIENCE_S), "a racer was never started"
        try:
            self.result = call(store)
        except BaseException as error:  # noqa: BLE001  # the race's referee looks at it
            self.error = error
        finally:
            self.finished = True
            self._paused.release()


class _Turnstile:
    """A store that lets a racer through one call at a time."""

    def __init__(self, store: object, racer: Racer) -> None:
        self._store = store
        self._racer = racer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        def take_turn(*arguments: Any) -> Any:
            self._racer.wait_for_turn()
            return method(*arguments)

        return take_turn


def race(first: Racer, second: Racer, turns: Iterable[bool]) -> None:
    """Let both run to their ends: a turn goes to the first where it is true, and to whoever is left at the end."""
    for is_first in turns:
        racer = first if is_first else second
        if not racer.finished:
            racer.step()
    for racer in (first, second):
        while not racer.finished:
            racer.step()
