"""Run one command, and clean up its processes and scratch folder however it ends.

Started as a program of its own (`python guard.py ...`, standard library only). It ends the command on SIGTERM, on
SIGINT, and, unless `--detached`, when its standard input closes: that happens when the process that started it dies,
even by SIGKILL, on Linux and on macOS alike. Only a SIGKILL of the guard itself gets past it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType


class StopRequest(BaseException):
    """A request to stop; not an Exception, so that no handler swallows it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command until it ends or a stop is requested; return its exit status."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    command: subprocess.Popen[bytes] | None = None
    try:
        command = subprocess.Popen(options.command, stdin=subprocess.DEVNULL, start_new_session=True)
        if not options.detached:
            threading.Thread(target=_stop_when_input_closes, daemon=True).start()
        return command.wait()
    except StopRequest:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if command is not None:
            _end(command, options.grace)
        if options.scratch is not None:
            shutil.rmtree(options.scratch, ignore_errors=True)


def _end(command: subprocess.Popen[bytes], grace: float) -> None:
    """Terminate the command, wait, then kill the rest of its process group."""
    command.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        command.wait(grace)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(command.pid, signal.SIGKILL)
    command.wait()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequest


def _stop_when_input_closes() -> None:
    # Not sys.stdin: its lock, held by this thread, would hold up the interpreter's exit by a second.
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run a command and leave nothing behind.")
    parser.add_argument("--grace", type=float, default=3.0, help="seconds between SIGTERM and SIGKILL")
    parser.add_argument("--scratch", type=Path, help="a folder to remove at the end")
    parser.add_argument("--detached", action="store_true", help="live on when the starting process ends")
    parser.add_argument("command", nargs="+")
    return parser


if __name__ == "__main__":
    sys.exit(main())
