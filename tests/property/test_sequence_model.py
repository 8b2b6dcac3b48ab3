from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tests.property.sequence_questions import NEAR, Asked, asked
from tests.references.sequence import scored

torch = pytest.importorskip("torch", reason="the extra neural is not installed")
from millstream_tools.lab.sequence.model import SequenceModel  # noqa: E402  # only where there is PyTorch


@given(asked())
def test_pytorch_answers_as_plain_numpy_does(question: Asked) -> None:
    """The model as it is trained gives the scores that the reference gives."""
    if not len(question.read):
        return
    model = SequenceModel(question.knobs, len(question.weights["item.weight"]) - 1).eval()
    model.load_state_dict({name: torch.from_numpy(weight) for name, weight in question.weights.items()})
    with torch.inference_mode():
        history = torch.from_numpy(question.read.copy())[None]
        state = model.last(history, torch.tensor([len(question.read)]))
        scores = (state @ model.catalogue().T)[0].numpy()
    np.testing.assert_allclose(scores, scored(question.knobs, question.weights, question.read), atol=NEAR, rtol=1e-5)
