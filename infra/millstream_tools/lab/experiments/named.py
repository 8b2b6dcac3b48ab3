"""Choose a protocol of an experiment by name."""

from __future__ import annotations

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.experiments.experiment import Experiment, Protocol


def protocol_named(experiment: Experiment, name: str | None, asked_by: str = "protocol") -> Protocol:
    """The protocol of this name, or the first, of those that cut the data: models learn nothing while they are asked.

    Raises InvalidInputError, naming those that there are, where there is none; `asked_by` is the field in its words.
    """
    able = {one.name: one for one in experiment.protocols if one.cuts}
    if not able or (name is not None and name not in able):
        raise InvalidInputError(asked_by, f"one of {', '.join(able) or 'those that cut the data'}", name)
    return able[name] if name is not None else next(iter(able.values()))
