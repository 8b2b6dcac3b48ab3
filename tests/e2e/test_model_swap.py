"""A new champion is picked up while clients ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.models import promote_model
from millstream.scoring.stored_models import check_stored
from tests.e2e.conftest import Setting
from tests.e2e.models import AFTER_THE_LAMP
from tests.e2e.stack import Stack, event
from tests.e2e.wire import Answer
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

CLIENTS = 2
LONGEST_ANSWER_S = 10.0
"""The function's own timeout: generous, because a second client may be the first to need a second worker."""


@dataclass
class Client:
    """Somebody who looked at a lamp and asks without a pause what is next."""

    stack: Stack
    answers: list[Answer] = field(default_factory=list)
    slowest_s: float = 0.0

    def ask_until(self, stop: threading.Event) -> None:
        """Ask until told to stop."""
        while not stop.is_set():
            began = time.monotonic()
            self.answers.append(self.stack.http("GET", "/recommendations/asks-on?n=1"))
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    @property
    def latest(self) -> str:
        """The model of the last answer."""
        return version_of(self.answers[-1]) if self.answers else ""


def version_of(answer: Answer) -> str:
    """Which model gave an answer; every question must be answered."""
    assert answer.status == 200, answer
    return str(answer.body["provenance"]["modelVersion"])


def all_served_by(clients: Sequence[Client], version: str) -> bool:
    """Whether each client's last answer is by this model."""
    return all(client.latest == version for client in clients)


@contextmanager
def asking(stack: Stack) -> Iterator[list[Client]]:
    """Clients that ask as long as the block lasts."""
    stop, clients = threading.Event(), [Client(stack) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(client.ask_until, stop) for client in clients]
        try:
            yield clients
        finally:
            stop.set()
            for one in running:
                one.result()


def test_a_new_champion_serves_without_a_failed_or_a_torn_answer(setting: Setting) -> None:
    """The pointer flips there and back under load: each answer is 200 and wholly by one of the two models."""
    stack, models = setting.stack, setting.models
    position = stack.accept("asks-on", event("lamp", "asks-on-1"))
    eventually(lambda: not stack.http("GET", f"/recommendations/asks-on?min_position={position}").body["stale"])
    with asking(stack) as clients:
        for version in (setting.champion, setting.challenger, setting.champion):
            promote_model(models, SystemClock(), check_stored, version)
            eventually(partial(all_served_by, clients, version))
    answers = [answer for client in clients for answer in client.answers]
    expected = dict(zip((setting.champion, setting.challenger), AFTER_THE_LAMP, strict=True))
    assert {(version_of(answer), answer.body["itemList"][0]["itemId"]) for answer in answers} == set(expected.items())
    assert max(client.slowest_s for client in clients) < LONGEST_ANSWER_S


def test_health_names_the_champion(setting: Setting) -> None:
    """Alive, and by which model; an instance that nobody has asked for a while needs one question to notice."""
    eventually(
        lambda: (
            setting.stack.http("GET", "/health").body
            == {"status": "ok", "modelVersion": setting.champion, "degraded": []}
        )
    )
