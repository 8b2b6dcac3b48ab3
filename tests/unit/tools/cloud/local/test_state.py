"""What is remembered of a detached cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream_tools.cloud.local.process import ProcessIdentity
from millstream_tools.cloud.local.state import FILE, CloudState, CloudStateError, load_state

STATE = CloudState("http://127.0.0.1:4566", ProcessIdentity(7, "started"))


def test_a_state_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Before and after there is a poller."""
    assert load_state(tmp_path) is None
    STATE.save(tmp_path)
    assert load_state(tmp_path) == STATE


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"{}", b'{"endpoint_url": 1, "server": 2}', b"\xff\xfe"]
)
def test_a_file_that_nobody_saved_is_named(content: bytes, tmp_path: Path) -> None:
    """In one line, with what to do."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(CloudStateError) as refused:
        load_state(tmp_path)
    assert str(tmp_path / FILE) in str(refused.value)
