"""Train one sequence model of an experiment in many processes: one per GPU, or on CPUs if there are none.

    torchrun --nproc-per-node 2 -m millstream_tools.lab.sequence.distributed CONFIG --model NAME

The weights are those of one process, but for the order in which sums are rounded and for what dropout draws. The
checkpoints lie where `millstream lab run CONFIG` looks for them: it measures the model without training it again.
Without torchrun, one process does it all.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import distributed

from millstream.domain.errors import InvalidInputError, MillstreamError
from millstream.learning.evaluation.questions import Split
from millstream.learning.preparation import Learned, prepare
from millstream_tools.lab.data.data_folder import SETTING
from millstream_tools.lab.experiments.experiment import Experiment, read_experiment
from millstream_tools.lab.experiments.named import protocol_named
from millstream_tools.lab.models.families import create
from millstream_tools.lab.sequence.recommender import SequenceRecommender

FOLDER = Path(".millstream") / "lab"


def main() -> None:
    """See the module; rank 0 saves the model and prints where."""
    asked = _asked()
    try:
        experiment = read_experiment(asked.config)
        model = _model(experiment, asked.model)
        with _together():
            _train(model, _split(experiment, asked.protocol, asked.data), experiment.seed, asked)
    except (MillstreamError, OSError) as error:
        sys.exit(f"{asked.config}: {error}")


def _train(model: SequenceRecommender, split: Split, seed: int, asked: argparse.Namespace) -> None:
    model.keep_in(asked.checkpoints)
    model.fit(split.train, seed)
    if not distributed.is_initialized() or distributed.get_rank() == 0:
        model.save(asked.into)
        print(asked.into)


@contextmanager
def _together() -> Iterator[None]:
    """Joins the processes that torchrun started, each on its own GPU where there are GPUs."""
    if "LOCAL_RANK" not in os.environ:
        yield
        return
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def _model(experiment: Experiment, name: str) -> SequenceRecommender:
    found = {model.name: create(model.family, model.knobs) for model in experiment.models if model.family == "sequence"}
    model = found.get(name)
    if not isinstance(model, SequenceRecommender):
        raise InvalidInputError("--model", f"a sequence model, one of {', '.join(found) or 'none'}", name)
    return model


def _split(experiment: Experiment, name: str | None, data: Path | None) -> Split:
    """The training part of the first protocol, or of the named one."""
    protocol, source = protocol_named(experiment, name, "--protocol"), experiment.data
    rows, _ = prepare(source.rows(source.folder(data)).interactions, [Learned(), *experiment.preparation])
    return protocol.split(rows)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torchrun -m millstream_tools.lab.sequence.distributed", description=__doc__)
    parser.add_argument("config", type=Path, help="the experiment's YAML file")
    parser.add_argument("--model", required=True, help="the name of one of its sequence models")
    parser.add_argument(
        "--protocol", help="the name of the protocol whose training part is learned; default: the first"
    )
    parser.add_argument("--data", type=Path, default=os.environ.get(SETTING), help="the folder with all data")
    parser.add_argument("--checkpoints", type=Path, default=FOLDER / "checkpoints", help="to go on from after a kill")
    parser.add_argument("--into", type=Path, default=FOLDER / "model", help="the folder of the trained model")
    return parser.parse_args()


if __name__ == "__main__":
    main()
