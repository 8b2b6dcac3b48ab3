"""One MiniStack for all tests of this folder, and a stack of the sample template for each that asks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream_tools.cloud.local.clients import Clients
from millstream_tools.cloud.local.cloud import Cloud, start_poller
from millstream_tools.cloud.local.deployment import deploy
from millstream_tools.cloud.local.environment import cloud_python
from millstream_tools.cloud.local.process import GuardedProcess
from millstream_tools.cloud.local.server import start_server

SAMPLE = Path(__file__).with_name("sample") / "template.yaml"


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MiniStack that lives as long as the session."""
    server, url = start_server(cloud_python(), tmp_path_factory.mktemp("ministack"))
    yield url
    server.stop()


@pytest.fixture(scope="session")
def _stack_names() -> Iterator[str]:
    return (f"sample-{number}" for number in itertools.count())


@pytest.fixture
def cloud(endpoint: str, tmp_path: Path, _stack_names: Iterator[str]) -> Cloud:
    """A fresh stack, without its poller."""
    return Cloud(tmp_path, deploy(endpoint, SAMPLE, next(_stack_names)), Clients(endpoint))


@pytest.fixture
def poll(cloud: Cloud) -> Iterator[Callable[[], GuardedProcess]]:
    """Starts the stack's poller."""
    started: list[GuardedProcess] = []

    def start() -> GuardedProcess:
        started.append(start_poller(cloud.folder, cloud.deployment))
        return started[-1]

    yield start
    for process in started:
        process.stop()
