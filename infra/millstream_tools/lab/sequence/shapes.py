"""A model with the shapes that its weights have, which a pruned one does not share with its knobs."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.model import SequenceModel


def model_of(knobs: SequenceKnobs, weights: Mapping[str, Tensor]) -> SequenceModel:
    """The model of a `state_dict`, in evaluation mode."""
    model = SequenceModel(knobs, len(weights["item.weight"]) - 1)
    for name, part in list(model.named_modules()):
        shape = weights[f"{name}.weight"].shape if f"{name}.weight" in weights else None
        if shape is None or part.weight.shape == shape:
            continue
        if isinstance(part, nn.Linear):
            model.set_submodule(name, nn.Linear(shape[1], shape[0]))
        elif isinstance(part, nn.LayerNorm):
            model.set_submodule(name, nn.LayerNorm(shape[0]))
    model.load_state_dict({name: weight.to(torch.float32) for name, weight in weights.items()})
    return model.eval()
