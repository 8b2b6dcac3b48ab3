from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.scoring.vocabulary import UNKNOWN, Vocabulary, words

KEYS = sorted(item_key(str(number)) for number in range(50))


@pytest.fixture
def vocabulary() -> Vocabulary:
    """Fifty items."""
    return Vocabulary(words(KEYS))


def test_an_item_is_found_at_its_place_in_the_order_of_keys(vocabulary: Vocabulary) -> None:
    """The order of the numbers is the order of the keys' bytes."""
    assert vocabulary.indices(KEYS).tolist() == list(range(50))


def test_an_unknown_item_is_found_nowhere(vocabulary: Vocabulary) -> None:
    """Below the first, above the last, and in between."""
    strangers = [bytes(6), b"\xff" * 6, item_key("somebody else's")]
    assert vocabulary.indices(strangers).tolist() == [UNKNOWN] * 3


def test_keys_and_indices_are_inverse(vocabulary: Vocabulary) -> None:
    """Also for a key with zeros at its end, which string types of numpy would cut off."""
    with_zeros = Vocabulary(words([b"\x00\x00\x01\x00\x00\x00", b"\x01\x00\x00\x00\x00\x00"]))
    assert with_zeros.keys(np.array([1, 0])) == [b"\x01\x00\x00\x00\x00\x00", b"\x00\x00\x01\x00\x00\x00"]
    assert vocabulary.keys(vocabulary.indices(KEYS)) == KEYS


def test_no_keys_give_no_indices(vocabulary: Vocabulary) -> None:
    """An empty question has an empty answer."""
    assert vocabulary.indices([]).tolist() == []
    assert vocabulary.keys(np.empty(0, np.int64)) == []


def test_a_key_of_another_length_is_refused(vocabulary: Vocabulary) -> None:
    """It would shift every key after it."""
    with pytest.raises(InvalidInputError, match="item key: expected 6 bytes each"):
        vocabulary.indices([KEYS[0], b"short"])


def test_keys_out_of_order_are_refused() -> None:
    """Bisection would miss them."""
    with pytest.raises(InvalidInputError, match="key 2: expected a key above the one before it"):
        Vocabulary(words([KEYS[0], KEYS[2], KEYS[1]]))


def test_a_vocabulary_survives_its_file(vocabulary: Vocabulary, tmp_path: Path) -> None:
    """The file holds what the vocabulary knows."""
    (tmp_path / "vocabulary.keys").write_bytes(vocabulary.tobytes())
    assert Vocabulary.read(tmp_path).indices(KEYS).tolist() == list(range(50))


@pytest.mark.parametrize("content", [b"", b"1234567"])
def test_a_file_of_another_size_is_refused(content: bytes, tmp_path: Path) -> None:
    """A file that was cut off must not shrink the catalogue."""
    (tmp_path / "vocabulary.keys").write_bytes(content)
    with pytest.raises(InvalidInputError, match="8 bytes an item"):
        Vocabulary.read(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error says which file."""
    with pytest.raises(InvalidInputError, match=r"vocabulary\.keys"):
        Vocabulary.read(tmp_path)
