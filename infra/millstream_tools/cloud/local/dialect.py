"""The differences between local clouds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from millstream_tools.cloud.local.packaging import Prepare, unchanged
from millstream_tools.cloud.local.stack import Stack, create_or_update


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to deploy to one local cloud.

    `change(client, stack, deadline)` makes a stack so. `api_path` is where a REST API's stage v1 answers below the
    endpoint, with `{api}` for its id. `prepare` changes a template before it is packaged.
    """

    change: Callable[[Any, Stack, float], None]
    api_path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    prepare: Prepare = unchanged


MINISTACK = Dialect(
    change=create_or_update,
    # The address without a host name of its own: *.localhost does not resolve everywhere.
    api_path="/restapis/{api}/v1/_user_request_",
    # Our poller reads the stream in place of its mappings.
    parameters={"MappingsEnabled": "false"},
)
