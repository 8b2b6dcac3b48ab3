"""Runs the deliveries of a stack until stopped: one thread decides, a pool waits for functions."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millstream_tools.cloud.local.poller.checkpoints import Checkpoints
from millstream_tools.cloud.local.poller.counters import write_status
from millstream_tools.cloud.local.poller.delivery import Delivery, Pace, Ports
from millstream_tools.cloud.local.poller.destination import QueueClient, send_failure
from millstream_tools.cloud.local.poller.invocation import LambdaClient, invoke
from millstream_tools.cloud.local.poller.lane import Batch
from millstream_tools.cloud.local.poller.mapping import EventSourceMapping
from millstream_tools.cloud.local.poller.outcome import Outcome
from millstream_tools.cloud.local.poller.shard import StreamClient

WRITE_FILES_EVERY = 0.25
# A function may run for 15 minutes; a stop waits for the batch in flight no longer than this.
STOP_AFTER = 20.0
FUNCTIONS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Source:
    """One mapping to deliver, with the creation time of its stream in epoch seconds."""

    mapping: EventSourceMapping
    stream_created_at: float


@dataclass(slots=True)
class Poller:
    """All mappings of a stack; call `run` in the main thread."""

    sources: Sequence[Source]
    stream: StreamClient
    functions: LambdaClient
    queues: QueueClient
    pace: Pace
    checkpoints: Checkpoints
    status_file: Path | None = None
    say: Callable[[str], None] = print
    stopping: bool = False
    _answers: queue.SimpleQueue[Callable[[], None]] = field(default_factory=queue.SimpleQueue)

    def run(self) -> None:
        """Deliver until `stopping` is set; then finish the batches in flight and store the checkpoints."""
        with ThreadPoolExecutor(FUNCTIONS_AT_ONCE, thread_name_prefix="invoke") as pool:
            ports = Ports(self.stream, self._invoke_in(pool), self._send, time.time)
            deliveries = [
                Delivery(s.mapping, ports, self.pace, self.checkpoints.positions(s.mapping.uuid, s.stream_created_at))
                for s in self.sources
            ]
            written_at = 0.0
            self._write_files(deliveries)
            while not self.stopping:
                for delivery in deliveries:
                    self._tick(delivery)
                self._settle_answers(self.pace.read_every)
                if time.time() - written_at >= WRITE_FILES_EVERY:
                    written_at = time.time()
                    self._write_files(deliveries)
            self._finish(deliveries)

    def _tick(self, delivery: Delivery) -> None:
        try:
            delivery.tick()
        except (ClientError, BotoCoreError) as error:
            # The server is being restarted, or the stream is gone: the next tick tries again.
            delivery.counters.last_error = str(error)

    def _finish(self, deliveries: Sequence[Delivery]) -> None:
        give_up_at = time.time() + STOP_AFTER
        while any(delivery.in_flight for delivery in deliveries) and time.time() < give_up_at:
            self._settle_answers(0.1)
        self._write_files(deliveries)

    def _settle_answers(self, patience: float) -> None:
        """Apply the answers that are there; wait up to `patience` seconds for the first."""
        try:
            self._answers.get(timeout=patience)()
            while True:
                self._answers.get_nowait()()
        except queue.Empty:
            return

    def _invoke_in(
        self, pool: ThreadPoolExecutor
    ) -> Callable[[EventSourceMapping, Batch, Callable[[Outcome], None]], None]:
        def start(mapping: EventSourceMapping, batch: Batch, then: Callable[[Outcome], None]) -> None:
            def work() -> None:
                outcome = invoke(self.functions, mapping, batch)
                self._answers.put(lambda: then(outcome))

            pool.submit(work)

        return start

    def _send(self, mapping: EventSourceMapping, message: dict[str, Any]) -> None:
        info, context = message["KinesisBatchInfo"], message["requestContext"]
        line = (
            f"discarded {info['batchSize']} record(s) of {mapping.function_name}, {info['shardId']} "
            f"{info['startSequenceNumber']}..{info['endSequenceNumber']}: {context['condition']} "
            f"after {context['approximateInvokeCount']} invocation(s)"
        )
        try:
            send_failure(self.queues, mapping, message)
        except (ClientError, BotoCoreError) as error:
            line += f"; its queue did not accept the message: {error}"
        self.say(line)

    def _write_files(self, deliveries: Sequence[Delivery]) -> None:
        for source, delivery in zip(self.sources, deliveries, strict=True):
            self.checkpoints.save(source.mapping.uuid, source.stream_created_at, delivery.positions)
        if self.status_file is not None:
            write_status(self.status_file, [delivery.counters for delivery in deliveries], time.time())
