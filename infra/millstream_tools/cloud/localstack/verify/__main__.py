"""`make localstack-check`: run LocalStack's core without Docker and run the LocalStack tests against it."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from millstream_tools.cloud.local.environment import cloud_python
from millstream_tools.cloud.local.process import GuardedProcess, start_guarded
from millstream_tools.cloud.localstack.compose import environment_of_the_container
from millstream_tools.cloud.localstack.health import NoLocalStackError, expect_localstack
from millstream_tools.cloud.localstack.verify.environment import (
    FOLDER,
    VerificationError,
    build,
    core_python,
    runtime_python,
)
from millstream_tools.places import CHECKOUT, TOOLS

TESTS = "tests/integration/localstack"
HOST = "127.0.0.1"


def main() -> int:
    """Build, start, test, stop; pytest's own exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="python3.13", help="an interpreter of the functions' version")
    options, for_pytest = parser.parse_known_args()
    try:
        build(options.python)
        server, endpoint = start(cloud_python())
    except (VerificationError, NoLocalStackError) as error:
        print(error, file=sys.stderr)
        return 1
    try:
        print(f"LocalStack {expect_localstack(endpoint)} without Docker at {endpoint}; its log is {server.log}")
        command = [sys.executable, "-m", "pytest", TESTS, *for_pytest]
        environment = {**os.environ, "MILLSTREAM_LOCALSTACK": endpoint}
        return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode
    finally:
        server.stop()


def start(ministack_python: Path) -> tuple[GuardedProcess, str]:
    """LocalStack on a free port, ended with this process, and its endpoint."""
    address = f"{HOST}:{_free_port()}"
    scratch = Path(tempfile.mkdtemp(prefix="millstream-localstack-"))
    server = start_guarded(
        [str(core_python()), "-m", "millstream_tools.cloud.localstack.verify.host"],
        environment={
            "PYTHONPATH": str(TOOLS),
            "GATEWAY_LISTEN": address,
            "LOCALSTACK_HOST": address,
            "FILESYSTEM_ROOT": str(FOLDER / "root"),
            "OVERRIDE_IN_DOCKER": "0",  # a container's marker file must not send it to /var/lib/localstack
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            # The services of the container, so that the verification would miss one that is missing there.
            **environment_of_the_container(),
            "DNS_ADDRESS": "0",
            "TMPDIR": str(scratch),
            "HOME": str(scratch),
            "RUNTIME_PYTHON": str(runtime_python()),
            "MINISTACK_PYTHON": str(ministack_python),
        },
        log=FOLDER / "localstack.log",
        scratch=scratch,
    )
    deadline = time.monotonic() + 60.0
    while True:
        try:
            expect_localstack(f"http://{address}")
        except NoLocalStackError:
            if not server.identity.alive or time.monotonic() > deadline:
                server.stop()
                raise
            time.sleep(0.1)
        else:
            return server, f"http://{address}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
