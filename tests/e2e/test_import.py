"""`millstream import` on the local cloud: killed in the middle, done again, and proven by `millstream verify`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from millstream.domain.log.positions import HISTORY_SHARD
from millstream_tools.cloud.local.clients import Clients
from tests.e2e.test_cli import checkout as checkout  # noqa: PLC0414  # a fixture that is used here too
from tests.e2e.test_cli import environment, millstream, program, said
from tests.importing import table, visits
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

DAY = 86_400
DAYS = 120
START = 1_700_000_000
COLUMNS = ("--user", "user", "--item", "item", "--time", "time")


def test_an_import_that_was_killed_is_completed_by_the_same_command(checkout: Path) -> None:
    """Under its number, each object again as it was; then the views are what the log says, and it is in for good."""
    endpoint = re.search(r"AWS +(\S+)", said(checkout, "up"))
    assert endpoint
    storage = Clients(endpoint[1])("s3")
    rows = [(f"user-{at % 7}", f"item-{at % 11}", START + at * DAY / 10) for at in range(10 * DAYS)]
    command = ("import", str(table(checkout / "history.csv", visits(*rows))), *COLUMNS)
    running = subprocess.Popen(program(*command), cwd=checkout, env=environment(checkout), stderr=subprocess.DEVNULL)
    eventually(lambda: len(imported(storage)) >= 3)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    before = imported(storage)
    assert len(before) < DAYS
    assert f"Imported history.csv as number 1.\nrows      {len(rows):,}\n" in said(checkout, *command)
    after = imported(storage)
    assert len(after) in (DAYS, DAYS + 1)
    assert before.items() <= after.items()
    assert "matches the log: 7 users" in said(checkout, "verify")
    assert said(checkout, *command) == "history.csv is already imported, as number 1.\n"
    assert '"userPosition": "history:' in said(checkout, "recommend", "user-0", "--json")
    replaced = said(checkout, "imports", "replace", "1", *command[1:], "--event-type", "=ItemPurchased", "--yes")
    assert replaced.startswith("Imported history.csv as number 2 in place of number 1.\n")
    assert "matches the log: 7 users" in said(checkout, "verify")
    assert f"{len(rows):,} of erased users or void records" in said(checkout, "verify")


def test_imports_without_a_rebuild_wait_for_the_next_one(checkout: Path) -> None:
    """`verify` names them and fails, and takes no row for damage; `rebuild` has both."""
    said(checkout, "up")
    numbers = []
    for user in ("first", "second"):
        file = table(checkout / f"{user}.csv", visits((user, "lamp", START)))
        done = json.loads(said(checkout, "import", str(file), *COLUMNS, "--no-rebuild", "--json"))
        numbers.append(done["number"])
        assert (done["notInViews"], done["rebuilt"]) == (numbers, False)
    verified = millstream(checkout, "verify", "--json")
    found = json.loads(verified.stdout)
    assert (verified.returncode, found["notInViews"], found["different"]) == (1, numbers, 0)
    assert f"it did not have import {numbers[0]}, {numbers[1]}" in said(checkout, "rebuild")
    assert "matches the log" in said(checkout, "verify")
    assert json.loads(said(checkout, "imports", "--json"))["notInViews"] == []


def imported(storage: Any) -> dict[str, str]:
    """The archive's objects of imported records, with their digests."""
    objects: dict[str, str] = {}
    for bucket in storage.list_buckets()["Buckets"]:
        for page in storage.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            objects |= {one["Key"]: one["ETag"] for one in page.get("Contents", ()) if HISTORY_SHARD in one["Key"]}
    return objects
