"""Rebuilds views in a process of its own, which may be killed in the middle.

    python rebuild_process.py ENDPOINT STREAM USERS_TABLE ITEMS_TABLE BUCKET FOLDER [KILLED_AFTER_S]

Ends by SIGKILL so many seconds after it began to rebuild, wherever it is then.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from infra.local.clients import Clients
from millstream.adapters.dynamo_views import DynamoViews
from millstream.adapters.folder_workspace import FolderWorkspace
from millstream.adapters.kinesis_log_reader import KinesisLogReader
from millstream.adapters.s3_archive import S3Archive
from millstream.application.replay.progress import silently
from millstream.application.replay.rebuild import Rebuild


def main(
    endpoint: str, stream: str, users: str, items: str, bucket: str, folder: str, killed_after_s: str = ""
) -> None:
    """Rebuild."""
    clients = Clients(endpoint)
    rebuild = Rebuild(
        DynamoViews(clients("dynamodb"), users, items),
        S3Archive(clients("s3"), bucket),
        KinesisLogReader(clients("kinesis"), stream),
        FolderWorkspace(Path(folder)),
        "code",
        lambda: time.time_ns() // 1_000_000,
    )
    if killed_after_s:
        threading.Timer(float(killed_after_s), os.kill, (os.getpid(), signal.SIGKILL)).start()
    rebuild(silently, 3)


if __name__ == "__main__":
    main(*sys.argv[1:])
