"""Rebuilds views in a process of its own, which may be killed in the middle.

    python rebuild_process.py ENDPOINT STREAM USERS_TABLE ITEMS_TABLE BUCKET FOLDER [KILLED_AT]

Prints how many functions the rebuild called and left, or ends by SIGKILL at the one of that number, wherever it is
then. Not after so many seconds: on a busy machine those would be too few or too many.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from millstream.adapters.aws.dynamo_archive_heads import DynamoArchiveHeads
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader
from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.local.folder_workspace import FolderWorkspace
from millstream.application.replay.plan import Choices
from millstream.application.replay.progress import silently
from millstream.application.replay.rebuild import Rebuild
from millstream_tools.cloud.local.clients import Clients


def main(endpoint: str, stream: str, users: str, items: str, bucket: str, folder: str, killed_at: str = "0") -> None:
    """Rebuild."""
    clients = Clients(endpoint)
    rebuild = Rebuild(
        DynamoViews(clients("dynamodb"), users, items),
        S3Archive(clients("s3"), bucket, DynamoArchiveHeads(clients("dynamodb"), items)),
        KinesisLogReader(clients("kinesis"), stream),
        FolderWorkspace(Path(folder)),
        "code",
        lambda: time.time_ns() // 1_000_000,
    )
    life = Life(int(killed_at))
    threading.setprofile(life)
    sys.setprofile(life)
    rebuild(silently, Choices(3))
    sys.setprofile(None)
    print(life.passed)


class Life:
    """Counts calls and returns of all threads, Python's own included, and ends the process at one of them."""

    def __init__(self, killed_at: int) -> None:
        self.passed = 0
        self._killed_at = killed_at

    def __call__(self, *_: object) -> None:
        self.passed += 1
        if self.passed == self._killed_at:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
