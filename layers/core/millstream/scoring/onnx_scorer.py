"""Scoring with a published next-items model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from millstream.domain.attributes import UNKNOWN
from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import ItemKey
from millstream.domain.slates.slate import Candidate, Source
from millstream.scoring.model_folder import SIGNATURE, VOCABULARY_KEYS, check_files, check_version, sha256_of
from millstream.scoring.session import check_session, open_session
from millstream.scoring.signature import Signature, check_next_items, read_signature
from millstream.scoring.vocabulary import Vocabulary

_OUTPUTS = ["items", "scores", "because"]
_WARM_LIMIT = 100


class OnnxScorer:
    """`application.ports.Scorer` over one model folder. Immutable; safe to share between threads."""

    def __init__(
        self, version: str, session: onnxruntime.InferenceSession, vocabulary: Vocabulary, signature: Signature
    ) -> None:
        self.version = version
        features = signature.features
        self.tail_items = features.items
        self.exclude_seen = signature.exclude_seen
        self.reads_attributes = signature.reads_attributes
        self._weights = (features.decay ** np.arange(features.items)).astype(np.float32)
        self._run = session.run
        self._vocabulary = vocabulary

    @classmethod
    def load(cls, folder: Path, version: str, *, verify: bool = True) -> OnnxScorer:
        """Load and warm up a scorer, so that its first request is as fast as the others.

        `verify` compares every byte of the folder with SHA256SUMS; without it, only the version, the vocabulary and the
        signature are checked. Raises InvalidInputError with the file and field that is wrong.
        """
        signature = read_signature(folder)
        check_next_items(signature)
        check_version(folder, signature.algorithm, version)
        if verify:
            check_files(folder)
        if sha256_of(folder / VOCABULARY_KEYS) != signature.vocabulary_digest:
            raise InvalidInputError(
                f"{SIGNATURE}: vocabulary_digest", f"that of {VOCABULARY_KEYS}", signature.vocabulary_digest
            )
        vocabulary = Vocabulary.read(folder)
        if len(vocabulary) != signature.vocabulary_items:
            raise InvalidInputError(f"{SIGNATURE}: vocabulary_items", str(len(vocabulary)), signature.vocabulary_items)
        session = open_session(folder)
        check_session(session, signature)
        scorer = cls(version, session, vocabulary, signature)
        scorer._warm()
        return scorer

    def recommend(
        self, tail: Sequence[ItemKey], excluded: Collection[ItemKey], limit: int, attributes: Sequence[int] = UNKNOWN
    ) -> list[Candidate]:
        """The best next items for the first `tail_items` of `tail` (distinct, newest first), best first, none excluded.

        Ties are in the order of the keys. Unknown items contribute nothing and keep their place in the tail, unknown
        codes of attributes contribute nothing.
        """
        latest = tail[: self.tail_items]
        return self._candidates(latest, excluded, limit, Source.MODEL, attributes)

    def similar(self, item: ItemKey, limit: int) -> list[Candidate]:
        """The best next items after this item alone, best first; empty for an unknown item."""
        return self._candidates((item,), (item,), limit, Source.NEIGHBOURS)

    def _candidates(
        self,
        tail: Sequence[ItemKey],
        excluded: Collection[ItemKey],
        limit: int,
        source: Source,
        attributes: Sequence[int] = UNKNOWN,
    ) -> list[Candidate]:
        if not tail or limit < 1:
            return []
        indices = self._vocabulary.indices((*tail, *excluded))
        items, scores, because = self._best(indices[: len(tail)], indices[len(tail) :], limit, attributes)
        keys = self._vocabulary.keys(items)
        return [
            Candidate(key, score, source, tail[place])
            for key, score, place in zip(keys, scores.tolist(), because.tolist(), strict=True)
        ]

    def _best(
        self, tail: NDArray[np.int64], excluded: NDArray[np.int64], limit: int, attributes: Sequence[int] = UNKNOWN
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        inputs = {
            "tail": tail,
            "tail_weight": self._weights[: len(tail)],
            "excluded": excluded,
            "limit": np.array([limit], np.int64),
        }
        if self.reads_attributes:
            inputs["attributes"] = np.array(attributes, np.int64)
        items, scores, because = self._run(_OUTPUTS, inputs)
        return items, scores, because

    def _warm(self) -> None:
        known = np.zeros(self.tail_items, np.int64)
        self._best(known, known, _WARM_LIMIT)
