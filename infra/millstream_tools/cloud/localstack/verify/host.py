"""Runs LocalStack's core as a process of this machine. Runs in the core's own environment, not in ours.

Three parts of it need Docker, a download or an open network, and are replaced here: the address that it listens on, the
executor of functions, and DynamoDB Local (by MiniStack, which keeps the tables). Everything else is LocalStack's code.
"""

from __future__ import annotations

import functools
import os
import signal
from types import FrameType
from typing import NoReturn

import psutil
from localstack.logging.setup import setup_logging_from_config
from localstack.runtime import current
from localstack.services.dynamodb.server import DynamodbServer
from localstack.services.lambda_.invocation.plugins import DockerRuntimeExecutorPlugin
from localstack.utils.common import ShellCommandThread
from twisted.internet import endpoints

from millstream_tools.cloud.localstack.verify.process_executor import ProcessExecutor

HOST = "127.0.0.1"


def main() -> None:
    """Serve until SIGTERM."""
    listen_on_loopback_only()
    DynamodbServer.do_start_thread = start_ministack
    DockerRuntimeExecutorPlugin.load = lambda *_: ProcessExecutor
    setup_logging_from_config()
    runtime = current.initialize_runtime()
    signal.signal(signal.SIGTERM, end)
    runtime.run()


def listen_on_loopback_only() -> None:
    """LocalStack 4.14.0 opens its port on every address, whatever GATEWAY_LISTEN says."""
    endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface=HOST)


def start_ministack(server: DynamodbServer) -> ShellCommandThread:
    """Start the tables where LocalStack starts DynamoDB Local, on the port that it chose."""
    environment = {
        "GATEWAY_PORT": str(server.port),
        "BIND_HOST": HOST,
        "IOT_MTLS_ENABLED": "0",  # else it opens a port for everybody
        "MINISTACK_ACCOUNT_ID": "000000000000",
        "MINISTACK_REGION": "us-east-1",
    }
    thread = ShellCommandThread([os.environ["MINISTACK_PYTHON"], "-m", "ministack"], env_vars=environment)
    thread.start()
    return thread


def end(_number: int, _frame: FrameType | None) -> NoReturn:
    """End at once, with everything that was started: LocalStack's own farewell can hang."""
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(0)


if __name__ == "__main__":
    main()
