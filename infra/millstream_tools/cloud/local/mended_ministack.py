"""Start MiniStack with five fixes, so that it behaves like AWS.

* A shard that is split or merged is closed and keeps its records. MiniStack 1.5.33 deletes it, and with it every event
  that nobody had read.
* Expired Kinesis iterators are forgotten now and then. MiniStack 1.5.33 looks for them at every call, which is most of
  what a server with a poller does.
* A nested stack is created and updated like any other. MiniStack 1.5.33 expands the SAM transform of roots only, and
  forgets what !GetAtt says of a nested resource that an update leaves as it is.
* The parameters of a path reach a function percent-encoded, as a REST API sends them. MiniStack 1.5.33 decodes them, so
  that the function decodes twice, and finds no route for an encoded slash.
* What is kept on disk is written every few seconds. MiniStack 1.5.33 writes it when it ends well, and a kill loses all.

Runs as a script, in the local cloud's own environment, which holds MiniStack and no Millstream; it replaces MiniStack's
functions by their names.
"""

# ruff: noqa: SLF001  # what it replaces is not public
from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ministack import app  # type: ignore[import-not-found]  # not in the environment that is checked
from ministack.services import cloudformation, kinesis  # type: ignore[import-not-found]
from ministack.services.cloudformation import engine, provisioners  # type: ignore[import-not-found]

LAST = "ending_sequence_number"
"""The field that only closed shards have."""

FORGET_EVERY_S = 10.0
SAVE_EVERY_S = 2.0
LOCK_ATTEMPTS = 100

Call = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


def keep_closed_shards() -> None:
    """Keep split and merged shards as closed, in all functions that delete, list, fill and read shards."""
    kinesis._split_shard = _closing(kinesis._split_shard, "ShardToSplit")
    kinesis._merge_shards = _closing(kinesis._merge_shards, "ShardToMerge", "AdjacentShardToMerge")
    kinesis._get_records = _ending(kinesis._get_records)
    kinesis._shard_out = _listing(kinesis._shard_out)
    kinesis._route_to_shard = _routing(kinesis._route_to_shard)


def forget_iterators_seldom() -> None:
    """At each call to Kinesis MiniStack goes through all iterators of five minutes, to forget those that expired.

    GetRecords refuses such a one by itself, so it makes no difference to a client when they are forgotten.
    """
    kinesis._expire_iterators = _seldom(kinesis._expire_iterators)


def _seldom(forget: Callable[[], None]) -> Callable[[], None]:
    next_at = time.monotonic()

    def forgetting() -> None:
        nonlocal next_at
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + FORGET_EVERY_S
            forget()

    return forgetting


def treat_nested_stacks_as_roots() -> None:
    """Use MiniStack's own functions for root stacks on nested stacks too."""
    parse = engine._parse_template
    engine._parse_template = lambda body: engine._apply_transforms(parse(body))
    provisioners._update_resource = _remembering(provisioners._update_resource)


def _remembering(update: Callable[..., Any]) -> Callable[..., Any]:
    """An update of a resource is told the attributes that it has, and answers with them where nothing has changed."""

    def updating(kind: str, physical_id: str, old: Any, new: Any, stack: str, logical_id: str) -> Any:
        attributes = cloudformation._stacks[stack]["_resources"][logical_id]["Attributes"]
        return update(kind, physical_id, old, new, stack, logical_id, attributes)

    return updating


def _closing(reshard: Call, *fields: str) -> Call:
    """SplitShard or MergeShards: the parents stay, closed, and cannot be split or merged again.

    https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
    """

    def keeping(data: dict[str, Any]) -> Any:
        _, stream = kinesis._resolve_stream(data)
        shards = stream["shards"] if stream else {}
        parents = {data[field]: shards[data[field]] for field in fields if data.get(field) in shards}
        for name, parent in parents.items():
            if LAST in parent:
                text = f"Shard {name} has already been merged or split, and is not eligible for merging or splitting"
                return kinesis.error_response_json("InvalidArgumentException", text, 400)
        answer = reshard(data)
        for name, parent in parents.items():
            if name not in shards:
                shards[name] = parent | {LAST: kinesis._next_sequence_number()}
        return answer

    return keeping


def _ending(get_records: Call) -> Call:
    """GetRecords: "If set to null, the shard has been closed and the requested iterator does not return any more data".

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
    """

    def reading(data: dict[str, Any]) -> Any:
        status, headers, body = get_records(data)
        answer = json.loads(body)
        token = answer.get("NextShardIterator")
        if token is None:
            return status, headers, body
        at = kinesis._shard_iterators[token]
        shard = kinesis._streams[at["stream"]]["shards"][at["shard_id"]]
        if LAST not in shard or at["position"] < len(shard["records"]):
            return status, headers, body
        del kinesis._shard_iterators[token], answer["NextShardIterator"]
        return kinesis.json_response(answer)

    return reading


def _listing(shard_out: Callable[[str, Mapping[str, Any]], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """ListShards and DescribeStream: a closed shard has a last number.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SequenceNumberRange.html
    """

    def listing(shard_id: str, shard: Mapping[str, Any]) -> dict[str, Any]:
        result = shard_out(shard_id, shard)
        if LAST in shard:
            result["SequenceNumberRange"]["EndingSequenceNumber"] = shard[LAST]
        return result

    return listing


def _routing(route: Callable[[int, Mapping[str, Any]], str]) -> Callable[[int, Mapping[str, Any]], str]:
    """PutRecord and PutRecords: only open shards take records."""

    def routing(hash_key: int, stream: Mapping[str, Any]) -> str:
        return route(hash_key, {"shards": {name: one for name, one in stream["shards"].items() if LAST not in one}})

    return routing


def keep_paths_encoded() -> None:
    """Give REST APIs the path as it was sent."""
    execute = app._handle_execute_api_request

    async def executing(host: str, path: str, *arguments: Any, raw_path: str | None = None, **named: Any) -> Any:
        return await execute(host, raw_path or path, *arguments, raw_path=raw_path, **named)

    app._handle_execute_api_request = executing


def save_often() -> None:
    """Write what is kept on disk every few seconds, on the event loop, so that no request is half of it.

    Longer pauses for a larger state: writing takes at most a tenth of the time.
    """
    ready = app._run_ready_scripts

    async def saving() -> None:
        await ready()
        while app.PERSIST_STATE:
            began = time.monotonic()
            stacks = list(cloudformation._stacks._data.values())
            if not any(stack["StackStatus"].endswith("_IN_PROGRESS") for stack in stacks):
                app.save_all(app._build_persistence_save_dict())
            await asyncio.sleep(max(SAVE_EVERY_S, 9 * (time.monotonic() - began)))

    app._run_ready_scripts = saving


def end_with_the_parent() -> None:
    """End as if asked to when the process that started this one is gone, even by SIGKILL."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def lock_what_is_kept() -> object:
    """Hold a lock on the folder of what is kept, as long as the answer lives; wait a while for a server that ends.

    Two servers would overwrite each other's data.
    """
    if not app.PERSIST_STATE:
        return None
    folder = Path(os.environ["STATE_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    for _ in range(LOCK_ATTEMPTS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.1)
        else:
            check_what_is_kept(folder)
            return lock
    sys.exit(f"another local cloud keeps its data in {folder.parent}")


def check_what_is_kept(folder: Path) -> None:
    """End with the name of a file that is no JSON. MiniStack 1.5.33 would go on with a part of the data."""
    for path in sorted(folder.glob("*.json")):
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            sys.exit(
                f"{path}: expected what a local cloud kept, got no JSON ({error}); restore it, or use another folder"
            )


if __name__ == "__main__":
    end_with_the_parent()
    lock = lock_what_is_kept()
    save_often()
    keep_paths_encoded()
    keep_closed_shards()
    forget_iterators_seldom()
    treat_nested_stacks_as_roots()
    app.main()
