"""Texts to vectors: by a language model, by hashing, and from the cache."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.content.cache import CachedVectors
from millstream_tools.lab.content.encoders import DEFAULT, Vectors, encoder_of, model_folder
from millstream_tools.lab.content.hashed_words import HashedWords
from millstream_tools.lab.content.transformer import digest


class _Counting:
    """An encoder that remembers what it was asked for, and dies when it was asked for enough."""

    identity = "counting"

    def __init__(self, dies_after: int = 10_000) -> None:
        self.asked: list[str] = []
        self._dies_after = dies_after

    def encode(self, texts: Sequence[str]) -> Vectors:
        if len(self.asked) >= self._dies_after:
            raise KeyboardInterrupt
        self.asked += texts
        return np.array([[len(text), sum(text.encode())] for text in texts], np.float32).reshape(len(texts), 2)


@pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="needs the extra: neural")
def test_the_packaged_language_model_knows_what_is_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other words for one thing are nearer than one word for two things, and nobody is asked over the network."""

    def refused(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    texts = [
        "A doctor treats a sick child",
        "The physician heals a boy who is ill",
        "A sick joke of a stand-up comedian",
    ]
    vectors = encoder_of(DEFAULT).encode(texts)
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_an_encoder_that_is_not_there_is_told_with_what_would_be() -> None:
    """The name, and what may stand there."""
    with pytest.raises(
        InvalidInputError, match=r"encoder: expected hashed-words, a folder .* package .*'no-such-thing'"
    ):
        encoder_of("no-such-thing")


def test_a_folder_of_ones_own_is_an_encoder(tmp_path: Path) -> None:
    """By its path, and only if a model is in it."""
    with pytest.raises(InvalidInputError, match="encoder"):
        model_folder(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    assert model_folder(str(tmp_path)) == tmp_path


def test_another_model_in_the_same_place_has_another_digest(tmp_path: Path) -> None:
    """Its vectors must not be taken for those of the first."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "weights").write_bytes(bytes(3 << 20))
    first = digest(tmp_path)
    assert digest(tmp_path) == first
    (tmp_path / "weights").write_bytes(bytes((3 << 20) - 1) + b"1")
    assert digest(tmp_path) != first


def test_hashed_words_share_words_and_nothing_else() -> None:
    """Case and punctuation do not matter, a synonym does; no words, no vector."""
    vectors = HashedWords(256).encode(["The red kettle", "KETTLE, red: the!", "A crimson pot", ""])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert vectors[0] @ vectors[2] == pytest.approx(0.0, abs=0.4)
    assert not vectors[3].any()


def test_a_text_is_encoded_once(tmp_path: Path) -> None:
    """Also if it stands twice in one call, or in a later run; the order is the caller's."""
    first, second = _Counting(), _Counting()
    CachedVectors(tmp_path, first).of(["b", "a", "b"])
    assert sorted(first.asked) == ["a", "b"]
    vectors = CachedVectors(tmp_path, second).of(["ccc", "a", "b", "a"])
    assert second.asked == ["ccc"]
    np.testing.assert_array_equal(vectors, _Counting().encode(["ccc", "a", "b", "a"]))


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was encoded is on disk, and no half of a file is read."""
    texts = [f"text {number}" for number in range(300)]
    killed = _Counting(dies_after=256)
    with pytest.raises(KeyboardInterrupt):
        CachedVectors(tmp_path, killed).of(texts)
    (tmp_path / "counting" / "something.1.new").write_bytes(b"half of a fi")
    again = _Counting()
    vectors = CachedVectors(tmp_path, again).of(texts)
    assert again.asked == texts[256:]
    np.testing.assert_array_equal(vectors, _Counting().encode(texts))


def test_a_spoiled_file_is_named(tmp_path: Path) -> None:
    """So that it can be removed."""
    CachedVectors(tmp_path, _Counting()).of(["a"])
    [path] = (tmp_path / "counting").glob("*.npz")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InvalidInputError, match=path.name):
        CachedVectors(tmp_path, _Counting()).of(["a"])
