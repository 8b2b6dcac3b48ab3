"""The poller's command line: `python -m millstream_tools.cloud.local.poller --endpoint URL --stack NAME`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from millstream_tools.cloud.local.clients import Clients
from millstream_tools.cloud.local.poller.checkpoints import Checkpoints
from millstream_tools.cloud.local.poller.delivery import Pace
from millstream_tools.cloud.local.poller.discovery import sources_of_stack
from millstream_tools.cloud.local.poller.loop import Poller


def main(arguments: Sequence[str] | None = None) -> int:
    """Deliver the records of a stack's Kinesis mappings until SIGTERM or Ctrl-C."""
    options = _parser().parse_args(arguments)
    clients = Clients(options.endpoint)
    poller = Poller(
        sources=sources_of_stack(clients, options.stack),
        stream=clients.without_retries("kinesis"),
        functions=clients.without_retries("lambda"),
        queues=clients("sqs"),
        pace=Pace.of(options.read_every, options.max_window),
        checkpoints=Checkpoints(options.checkpoints),
        status_file=options.status,
        say=partial(print, flush=True),
    )

    def stop(_signal: int, _frame: object) -> None:
        poller.stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for source in poller.sources:
        poller.say(f"delivering {source.mapping.stream_arn} to {source.mapping.function_arn}")
    poller.run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m millstream_tools.cloud.local.poller", description=main.__doc__)
    parser.add_argument("--endpoint", required=True, help="the local cloud's URL")
    parser.add_argument("--stack", required=True, help="the stack whose mappings to deliver")
    parser.add_argument("--read-every", type=float, default=Pace().read_every, metavar="SECONDS", help="between reads")
    parser.add_argument(
        "--max-window",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="cap every batching window: a window saves invocations, which cost nothing on a laptop",
    )
    parser.add_argument("--checkpoints", type=Path, metavar="FILE", help="keep how far each shard is done here")
    parser.add_argument("--status", type=Path, metavar="FILE", help="write the counts of each mapping here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
