"""The items of a model: keys in ascending order, so that an item's index is found by binary search."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import ITEM_KEY_BYTES, ItemKey
from millstream.scoring.model_folder import VOCABULARY_KEYS

UNKNOWN = -1
"""The index of an unknown item."""

_WORD_BYTES = 8
_PADDING = bytes(_WORD_BYTES - ITEM_KEY_BYTES)


def words(keys: Collection[ItemKey]) -> NDArray[np.uint64]:
    """Item keys as numbers of the same order, [len(keys)]. Raises InvalidInputError for a key of another length."""
    padded = _PADDING.join((b"", *keys))
    if len(padded) != len(keys) * _WORD_BYTES:
        raise InvalidInputError("item key", f"{ITEM_KEY_BYTES} bytes each", [len(key) for key in keys])
    return np.frombuffer(padded, ">u8").astype(np.uint64)


class Vocabulary:
    """Indices of item keys and back. Immutable."""

    __slots__ = ("_words",)

    def __init__(self, ascending: NDArray[np.uint64]) -> None:
        """Create from the output of `words`. Raises InvalidInputError unless the keys are strictly ascending."""
        if not bool(np.all(ascending[1:] > ascending[:-1])):
            at = int(np.argmin(ascending[1:] > ascending[:-1])) + 1
            raise InvalidInputError(f"{VOCABULARY_KEYS}: key {at}", "a key above the one before it", int(ascending[at]))
        self._words = ascending

    @classmethod
    def read(cls, folder: Path) -> Vocabulary:
        """The vocabulary of a model folder. Raises InvalidInputError."""
        path = folder / VOCABULARY_KEYS
        try:
            size = path.stat().st_size
            keys = np.fromfile(path, "<u8")
        except OSError as error:
            raise InvalidInputError(f"{folder.name}/{VOCABULARY_KEYS}", "a readable file", error) from error
        if not size or size % _WORD_BYTES:
            raise InvalidInputError(f"{folder.name}/{VOCABULARY_KEYS}", f"{_WORD_BYTES} bytes an item", f"{size} bytes")
        return cls(keys.astype(np.uint64, copy=False))

    def __len__(self) -> int:
        return len(self._words)

    def indices(self, keys: Collection[ItemKey]) -> NDArray[np.int64]:
        """The index of each key, UNKNOWN for unknown ones, [len(keys)]."""
        asked = words(keys)
        at = self._words.searchsorted(asked)
        at[at == len(self._words)] = 0
        at[self._words[at] != asked] = UNKNOWN
        return at.astype(np.int64, copy=False)

    def keys(self, indices: NDArray[np.int64]) -> list[ItemKey]:
        """The key at each index."""
        raw = self._words[indices].astype(">u8").tobytes()
        return [raw[end - ITEM_KEY_BYTES : end] for end in range(_WORD_BYTES, len(raw) + 1, _WORD_BYTES)]

    def tobytes(self) -> bytes:
        """The bytes of `vocabulary.keys`."""
        return self._words.astype("<u8").tobytes()
