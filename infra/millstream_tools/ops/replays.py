"""Rebuild and verify a stack's views from this process."""

from __future__ import annotations

import time
from pathlib import Path

from millstream.adapters.local.fold_code import fold_code
from millstream.adapters.local.folder_workspace import FolderWorkspace
from millstream.adapters.local.system_clock import SystemClock
from millstream.application.replay.plan import BY_DEFAULT, Choices
from millstream.application.replay.progress import Progress
from millstream.application.replay.rebuild import Rebuild, Rebuilt
from millstream.application.replay.verify import Verification, Verify
from millstream_tools.lock import exclusive_lock
from millstream_tools.ops.stack import Stack
from millstream_tools.places import STATE_FOLDER
from millstream_tools.scratch import scratch_folder

WAIT_S = 1.0
"""Wait before differing rows are read again: longer than a batch is in flight."""


def rebuild(
    stack: Stack,
    progress: Progress,
    choices: Choices = BY_DEFAULT,
    *,
    only_if_equal: bool = False,
    afresh: bool = False,
    folder: Path | None = None,
) -> Rebuilt:
    """Rebuild a stack's views, or resume an interrupted rebuild; with `afresh`, start again.

    Raises UnavailableError, ConflictError, DiffersError, LostRecordsError, UnreadableObjectError.
    """
    place = folder or workspace_of(stack)
    with exclusive_lock(place.with_suffix(".lock")):
        workspace = FolderWorkspace(place)
        if afresh:
            workspace.clear()
        run = Rebuild(stack.views(), stack.archive(), stack.log_reader(), workspace, fold_code(), SystemClock().now_ms)
        return run(progress, choices, only_if_equal=only_if_equal)


def workspace_of(stack: Stack) -> Path:
    """The workspace folder for rebuilds of this stack; a new stack under an old name has another."""
    return STATE_FOLDER / "rebuild" / f"{stack.region}-{stack.name}-{stack.output('ApiId')}"


def verify(stack: Stack, progress: Progress, partitions: int | None = None) -> Verification:
    """Compare a stack's views with its log. Raises UnavailableError."""
    with scratch_folder("verify") as folder:
        workspace = FolderWorkspace(folder)
        run = Verify(stack.views(), stack.archive(), stack.log_reader(), workspace, lambda: time.sleep(WAIT_S))
        return run(progress, partitions)
