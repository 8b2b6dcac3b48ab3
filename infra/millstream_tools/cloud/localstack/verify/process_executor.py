"""Runs each function in a process, where LocalStack would start a container. Runs in LocalStack's environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from localstack import config
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from millstream_tools.cloud.localstack.verify.runtime_api import RuntimeApi

HOST = "127.0.0.1"


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]  # LocalStack is not installed where mypy runs
    """One instance of a function: AWS's own runtime client (awslambdaric) on the function's unzipped code.

    The interpreter in RUNTIME_PYTHON has no boto3 and no Millstream: what a function imports, its zip must carry.
    """

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002 - LocalStack's name
        super().__init__(id, function_version)
        self._folder = Path(tempfile.mkdtemp(prefix="function-"))
        self._log = self._folder / "log"
        self._api = RuntimeApi()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        """Return when the function has been imported; raise what it raised."""
        code = str(self.function_version.config.code.get_unzipped_code_location())
        scratch = self._folder / "tmp"
        scratch.mkdir()
        environment = {name: str(value) for name, value in env_vars.items()} | {
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "LAMBDA_TASK_ROOT": code,
            "PYTHONPATH": code,
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(scratch),
            "TZ": "UTC",
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
        }
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [os.environ["RUNTIME_PYTHON"], "-m", "awslambdaric", environment["_HANDLER"]],
                cwd=code,
                env=environment,
                stdout=output,
                stderr=output,
            )
        threading.Thread(target=self._tell_when_it_ends, args=(self._process,), daemon=True).start()
        self._api.imported.result()

    def _tell_when_it_ends(self, process: subprocess.Popen[bytes]) -> None:
        status = process.wait()
        self._api.give_up(f"the function's process ended with status {status}: {self.get_logs()[-2000:]}")

    def stop(self) -> None:
        """End the function."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._api.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """One invocation; one that takes too long costs the process its life, as on AWS."""
        began = self._log.stat().st_size
        timeout = float(self.function_version.config.timeout)
        body, failed = self._api.invoke(payload, timeout)
        if body is None:
            if self._process is not None:
                self._process.kill()
            body = b'{"errorMessage": "Task timed out after %.2f seconds"}' % timeout
        logs = self._log.read_bytes()[began:].decode(errors="replace")
        request = payload["invoke-id"]
        return InvocationResult(request, body, failed, f"START RequestId: {request}\n{logs}END RequestId: {request}\n")

    def get_logs(self) -> str:
        """Everything that the function has printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def get_address(self) -> str:
        """The address of the function's runtime."""
        return HOST

    def get_endpoint_from_executor(self) -> str:
        """The address of LocalStack for the function."""
        return HOST

    def get_runtime_endpoint(self) -> str:
        """The port on which a container's init would report; unused here."""
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unzip the function's code."""
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> Any:
        """The unzipped code goes with LocalStack's own folder."""
