"""A catalogue as vectors of what is written about its items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import check_choice
from millstream.learning.interactions import Flags, Floats
from millstream_tools.lab.content.cache import CachedVectors
from millstream_tools.lab.content.encoders import DEFAULT, Vectors, encoder_of
from millstream_tools.lab.content.hashed_words import HashedWords
from millstream_tools.lab.content.texts import TEXT_FORMATS, aligned, read_texts
from millstream_tools.lab.data.data_folder import in_data_folder
from millstream_tools.places import STATE_FOLDER

CACHE = STATE_FOLDER / "text-vectors"


@dataclass(frozen=True)
class TextKnobs:
    """The texts of items, and their encoder."""

    format: str
    """One of `texts.TEXT_FORMATS`."""

    path: str
    """Inside the folder with all data, or absolute."""

    fields: tuple[str, ...]
    """Each field is a part of the vector, as long as every other, so a field can be left out to see what it is worth
    without that anything is encoded again."""

    encoder: str = DEFAULT
    """`hashed-words`, a package or a folder: see `encoders.encoder_of`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(self.fields))  # a configuration has a list
        check_choice("texts.format", tuple(TEXT_FORMATS), self.format)
        if not self.fields:
            raise InvalidInputError("texts.fields", "one or more", "none")
        encoder_of(self.encoder)


def item_vectors(knobs: TextKnobs, items: Sequence[str]) -> Floats:
    """One row an item of the catalogue, [items, width]; a field that an item lacks is as the mean item's.

    A language model's vectors are kept in the state folder: only texts that are new to it are encoded.
    """
    texts = aligned(read_texts(knobs.format, in_data_folder(knobs.path)), items, knobs.fields)
    encoder = encoder_of(knobs.encoder)
    encode = encoder.encode if isinstance(encoder, HashedWords) else CachedVectors(CACHE, encoder).of
    parts = [spread(encode(column), np.array([bool(text) for text in column], dtype=bool)) for column in texts.values()]
    return np.asarray(np.concatenate(parts, axis=1) / np.sqrt(len(parts)))


def spread(vectors: Vectors, told: Flags) -> Floats:
    """The difference from the mean item, with a mean square length of 1; zeros where nothing is told, [items, width].

    Before that a place that few items have weighs more, by 1 + log((1 + n) / (1 + those that have it)): TF-IDF for
    hashed words. Every text has every place of a language model's vector, for which that changes nothing.
    """
    rarity = 1 + np.log((1 + told.sum()) / (1 + np.count_nonzero(vectors[told], axis=0)))
    weighed = vectors.astype(np.float64) * rarity
    lengths = np.linalg.norm(weighed, axis=1, keepdims=True)
    weighed = np.divide(weighed, lengths, out=np.zeros_like(weighed), where=lengths > 0)
    known = max(int(told.sum()), 1)
    different = np.where(told[:, None], weighed - told @ weighed / known, 0.0)
    mean_square = np.square(different).sum() / known
    return different / np.sqrt(mean_square) if mean_square > 0 else different
