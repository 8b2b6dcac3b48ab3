"""What importing a handler costs and needs: no environment, and no library that it does not use.

Each import runs in a process of its own, since this one has long imported everything.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
WRITING = ("http.accept_events", "stream.project_events", "stream.archive_events")
FUNCTIONS = (*WRITING, "http.publish_items", "http.recommend")
SCORING = {"numpy", "onnxruntime", "onnx"}
TRAINING = {"torch", "pyarrow", "typer", "rich"}
WATCHED = {*SCORING, *TRAINING, "pynamodb", "moto", "millstream_tools"}

PROGRAM = """
import json, os, sys
import functions.{name}.app as app
assert callable(app.handler)
print(json.dumps(sorted({watched!r} & set(sys.modules))))
"""


def imported_by(name: str) -> set[str]:
    """Which of the watched libraries importing a handler brings in, with an empty environment."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(name=name, watched=WATCHED)],
        cwd=CHECKOUT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("name", WRITING)
def test_the_writing_path_imports_no_heavy_library(name: str) -> None:
    """These start cold under load: neither the scorer's nor the catalogue's libraries may slow them."""
    assert imported_by(name) == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_importing_a_handler_reads_no_environment(name: str) -> None:
    """Nor does it bring in what only the trainer, the command line or a test needs."""
    assert not imported_by(name) & {*SCORING, *TRAINING, "moto", "millstream_tools"}
