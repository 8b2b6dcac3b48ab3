"""What every test gets: none of the developer's AWS settings, no needless network, Hypothesis profiles."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
OFFLINE = (TESTS / "unit", TESTS / "property")
SERVERS = {
    "the shop's": re.compile(r"tests/e2e/(?!test_(fault_sweep|cli|import|wheel)\.py)"),
    "an empty one": re.compile(r"tests/(e2e/test_fault_sweep|integration/faults/|contract/.*InTheLocalCloud)"),
    "the sample's": re.compile(r"tests/integration/local_cloud/test_(delivery|deployment)\.py"),
    "of a checkout": re.compile(r"tests/e2e/test_cli\.py"),
}
"""Tests that share a local cloud, by their ids: one worker runs them all, or else each would start that cloud."""

DUMMY_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "POWERTOOLS_SERVICE_NAME": "tests",
    "POWERTOOLS_METRICS_NAMESPACE": "Millstream",
}

# One thread a process, unless a test asks for more: on models as small as these, threads mostly wait for each other,
# and OpenMP's wait by spinning. The libraries read this when they are loaded, so it comes before any of them.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

# These say which tests to run, and are no settings of Millstream's own.
KEPT = {"MILLSTREAM_DATA", "MILLSTREAM_LOCALSTACK"}

for name in [name for name in os.environ if name.startswith(("AWS_", "MILLSTREAM_", "POWERTOOLS_"))]:
    if name not in KEPT:
        del os.environ[name]
os.environ.update(DUMMY_ENVIRONMENT | ONE_THREAD)

# In the background a shell starts programs with Ctrl-C ignored, and they hand that on to all that they start: what
# tests interrupt would never hear of it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("quick", max_examples=20, deadline=None, derandomize=True)
settings.register_profile("fast", max_examples=100, deadline=timedelta(seconds=2), derandomize=True)
settings.register_profile(
    "thorough", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no worker waits for it in the end."""
    items.sort(key=_place)  # keeps the order of what is in one place


def _place(item: pytest.Item) -> int:
    if server := _server(item.nodeid):
        return list(SERVERS).index(server)
    # A worker is given two groups to begin with: between the two long ones and the others come tests with their own.
    return 1 + len(SERVERS) * (not item.get_closest_marker("cloud"))


def _server(test: str) -> str | None:
    return next((server for server, tests in SERVERS.items() if tests.match(test)), None)


class ByServer(LoadScopeScheduling):
    """A test alone or all tests of a server at once. Not xdist's own groups: pytest 9.2 does not let it name them."""

    def _split_scope(self, nodeid: str) -> str:
        return _server(nodeid) or nodeid


@pytest.hookimpl(optionalhook=True)  # without xdist nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServer | None:
    """How `--dist loadgroup` deals tests out."""
    return ByServer(config, log) if config.getvalue("dist") == "loadgroup" else None


class NetworkTouchedError(AssertionError):
    """A test that needs nothing but this process reached for the network."""


@pytest.fixture(scope="module", autouse=True)
def _offline(request: pytest.FixtureRequest) -> Iterator[None]:
    """Unit and property tests get no connection, not even to this machine."""
    if not any(folder in request.path.parents for folder in OFFLINE):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _refused)
        patch.setattr(socket, "getaddrinfo", _refused)
        yield


def _refused(*arguments: object) -> NoReturn:
    raise NetworkTouchedError(f"no network in unit and property tests: {arguments[-1]!r}")


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an empty local cloud: services without a stack. Starts it, once a session."""
    from millstream_tools.cloud.local.environment import cloud_python
    from millstream_tools.cloud.local.server import start_server

    server, endpoint = start_server(cloud_python(), tmp_path_factory.mktemp("ministack"))
    yield endpoint
    server.stop()
