"""The machine that figures hold for."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("aws-lambda-powertools", "boto3", "numpy", "onnxruntime", "orjson", "pydantic")


def described() -> dict[str, str]:
    """Processor, cores, load, Python and the versions of the peers."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def peak_memory() -> int:
    """The most bytes that this process has held, by Linux's own count: getrusage counts what its parent had as well."""
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(peak[1]) * 1024 if peak else 0


def _processor() -> str:
    """Linux tells more than `platform` does."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
