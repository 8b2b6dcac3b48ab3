"""Words without a model: which stand in a text, by hashing. It knows no language: a synonym is another word to it.

K. Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")


class HashedWords:
    """Each word is one place of the vector and a sign, by its hash; a word said n times counts 1 + log n.

    How rare a word is among all texts is not known here, since a vector depends on one text only: `item_vectors`
    weighs that.
    """

    name = "hashed-words"

    def __init__(self, width: int = 1024) -> None:
        self._width = width

    @property
    def identity(self) -> str:
        """See TextEncoder."""
        return f"{self.name}-{self._width}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See TextEncoder."""
        vectors = np.zeros((len(texts), self._width), np.float32)
        places: dict[str, tuple[int, int]] = {}
        for row, text in enumerate(texts):
            for word, times in Counter(_WORD.findall(text.casefold())).items():
                place, sign = places.setdefault(word, self._place(word))
                vectors[row, place] += sign * (1 + np.log(times))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors

    def _place(self, word: str) -> tuple[int, int]:
        number = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
        return number // 2 % self._width, 1 if number % 2 else -1
