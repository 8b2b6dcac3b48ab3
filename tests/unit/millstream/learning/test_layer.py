"""What learning needs where it is deployed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from millstream.learning.families.families import LIGHT
from millstream_tools.places import PYTHON_PATH

FITS = """
import sys
for name in ("scipy", "pyarrow", "boto3", "botocore", "pynamodb", "aws_lambda_powertools", "yaml", "torch", "implicit"):
    sys.modules[name] = None
import tempfile
from pathlib import Path
import numpy as np
from millstream.application.replay.progress import silently
from millstream.learning.evaluation.next_items import next_items_split
from millstream.learning.families.families import LIGHT, Families
from millstream.learning.interactions import Interactions
from millstream.learning.road import Data, Recipe, fit_model
from millstream.learning.training_set import TrainingSet, load, store
user, step = np.divmod(np.arange(240), 6)
order = np.lexsort((user, step))
rows = Interactions(user[order], ((user + step) % 20)[order], step[order] * 60.0, [str(n) for n in range(40)],
                    [str(n) for n in range(20)])
with tempfile.TemporaryDirectory() as folder:
    rows = load(store(TrainingSet("set", rows), Path(folder))).data
    for family in LIGHT:
        recipe = Recipe(lambda: Families(LIGHT).create(family, {}))
        place = Path(folder) / family
        print(fit_model(Data(rows, "set"), recipe, next_items_split, place, 0, silently, lambda _: None).version)
"""


def test_a_training_set_is_read_and_every_light_family_fitted_without_other_libraries() -> None:
    """Only numpy, onnx and onnxruntime: those of the layer `learning`."""
    paths = os.pathsep.join(map(str, PYTHON_PATH))
    done = subprocess.run(
        [sys.executable, "-c", FITS],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr
    assert [line.partition("-")[0] for line in done.stdout.split()] == list(LIGHT)


def test_the_layer_lists_what_learning_needs() -> None:
    """Beside it stands the layer of the scorer, with the other two."""
    folder = Path(__file__).parents[4] / "layers"
    listed = {
        line
        for name in ("onnx", "learning")
        for line in (folder / name / "requirements.in").read_text().splitlines()
        if not line.startswith(("#", "--"))
    }
    assert listed == {"numpy", "onnx", "onnxruntime"}
