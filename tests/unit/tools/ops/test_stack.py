from __future__ import annotations

from collections.abc import Mapping

import pytest

from millstream_tools.cloud.local import cloud
from millstream_tools.cloud.local.cloud import CloudStatus
from millstream_tools.cloud.local.deployment import Deployment
from millstream_tools.ops import stack
from millstream_tools.ops.replays import workspace_of
from millstream_tools.ops.stack import NoStackError, Stack, local_stack, open_stack

ENDPOINT = "http://127.0.0.1:4999"


def deployment(outputs: Mapping[str, str]) -> Deployment:
    return Deployment("millstream", ENDPOINT, "us-east-1", "000000000000", f"{ENDPOINT}/api", "key", outputs)


def opened(monkeypatch: pytest.MonkeyPatch, *, server_running: bool, outputs: Mapping[str, str]) -> Stack:
    monkeypatch.setattr(cloud, "status", lambda: CloudStatus(server_running, False, deployment(outputs), ()))
    return open_stack()


def test_without_a_name_it_is_the_local_cloud_that_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while its poller does not run: what is stored can be read."""
    found = opened(monkeypatch, server_running=True, outputs={"ArchiveBucket": "b"})
    assert (found.name, found.region, found.endpoint) == ("millstream", "us-east-1", ENDPOINT)
    assert found.client("s3").meta.endpoint_url == ENDPOINT


def test_a_local_stack_takes_none_of_the_shells_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """MiniStack reads the account from the key id, and AWS keys have no business there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the developer's own")
    client = local_stack(deployment({})).client("s3")
    assert client._request_signer._credentials.access_key == "000000000000"


def test_no_cloud_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, two ways out."""
    with pytest.raises(NoStackError, match="millstream up.*--stack"):
        opened(monkeypatch, server_running=False, outputs={})


def test_an_output_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another stack, or an old one."""
    found = opened(monkeypatch, server_running=True, outputs={"UsersTable": "u"})
    with pytest.raises(NoStackError, match="expected an output ItemsTable, got UsersTable"):
        found.archive()


def test_a_named_stack_without_credentials_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent anywhere; the error says which stack, and where it was looked for."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    with pytest.raises(NoStackError, match="stack shop could not be looked up in eu-central-1"):
        stack.open_stack("shop")


def test_a_rebuild_is_resumed_in_the_deployment_that_it_was_begun_in() -> None:
    """A cloud that was taken down and brought up again has the same name, and none of the old rows."""
    first, again, other = (local_stack(deployment({"ApiId": api})) for api in ("one", "one", "two"))
    assert workspace_of(first) == workspace_of(again) != workspace_of(other)
