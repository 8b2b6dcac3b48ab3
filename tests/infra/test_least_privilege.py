"""Each function may do exactly what it does: its AWS calls are recorded and compared with its policy.

The functions run in process against moto, on tables that are made from the template, so that the keys agree as well.
"""

from __future__ import annotations

import pytest

from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import caller_of, functions, references, statements
from tests.infra.journey import Travelled
from tests.infra.nesting import whole
from tests.infra.recorded_calls import Permission

READING = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
USED_BY_THE_POLLER = {(f"kinesis:{action}", "EventsStream") for action in READING} | {
    ("sqs:SendMessage", "DeadLetters")
}
"""What Lambda itself does in the name of a function that reads the log."""


def allowed(template: Template, name: str) -> set[Permission]:
    """What a function's policy allows, the key aside: KMS is called by other services in the function's name."""
    found: set[Permission] = set()
    for statement in statements(functions(template)[name]):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        found |= {(action, logical_id) for action in actions for logical_id in references(statement["Resource"])}
    return {permission for permission in found if not permission[0].startswith("kms:")}


@pytest.mark.parametrize("name", functions(whole()))
def test_a_function_may_do_exactly_what_it_does(template: Template, travelled: Travelled, name: str) -> None:
    """A call without a permission fails on AWS only, which is late; a permission without a call helps an intruder.

    A reader of the log may also do what the poller does in its name.
    """
    reads_the_log = caller_of(functions(template)[name]) == "stream"
    assert travelled.used[name] | (USED_BY_THE_POLLER if reads_the_log else set()) == allowed(template, name)
