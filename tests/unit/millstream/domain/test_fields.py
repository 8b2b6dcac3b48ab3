"""Reading untrusted JSON: tables of what is taken and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.domain import fields
from millstream.domain.errors import InvalidInputError

LONE_SURROGATE = "a\ud800b"
NUMBERS = [0, -1, 1.5, 10**300, -0.0, 1e308]
NO_NUMBERS = [True, False, "1", [], {}, float("nan"), float("inf"), float("-inf"), 10**400, -(10**400)]


@pytest.mark.parametrize("value", ["a", "x" * 256, "lämp 💡", " "])
def test_an_id_is_a_string_of_1_to_256_characters(value: str) -> None:
    """Any characters that can be stored."""
    assert fields.required_id({"itemId": value}, "itemId") == value
    assert fields.optional_id({"itemId": value}, "itemId") == value


@pytest.mark.parametrize("value", ["\x00", "a\x1b[2J", "a\nb", "\x7f", "\x9b31m"])
def test_an_id_has_no_control_characters(value: str) -> None:
    """They are invisible, and a terminal obeys them."""
    with pytest.raises(InvalidInputError, match="itemId: expected no control characters"):
        fields.required_id({"itemId": value}, "itemId")


def test_a_field_that_is_not_known_is_named() -> None:
    """A typing error would otherwise pass as a field that is absent."""
    fields.only({"sentAt": 1}, ("itemId", "sentAt"))
    with pytest.raises(InvalidInputError) as refused:
        fields.only({"sentat\x1b": 1}, ("itemId", "sentAt"), "eventList[0].")
    assert (refused.value.field, refused.value.expected) == ("eventList[0].sentat\\x1b", "no fields but itemId, sentAt")


@pytest.mark.parametrize("value", ["", "x" * 257, LONE_SURROGATE, 1, True, [], {}, 1.0])
def test_what_is_no_id_is_refused(value: Any) -> None:
    """With the field in full, what was expected, and what came."""
    for read in (fields.required_id, fields.optional_id):
        with pytest.raises(InvalidInputError) as refused:
            read({"itemId": value}, "itemId", "eventList[3].")
        assert refused.value.field == "eventList[3].itemId"
        assert refused.value.expected == "a string of 1 to 256 characters"


def test_only_a_required_id_must_be_there() -> None:
    """A null and nothing at all are the same."""
    for absent in ({}, {"itemId": None}):
        assert fields.optional_id(absent, "itemId") is None
        with pytest.raises(InvalidInputError, match="itemId: expected a string of 1 to 256 characters, got null"):
            fields.required_id(absent, "itemId")


@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_is_read_as_a_double(value: float) -> None:
    """Integers too, as long as a double can hold them."""
    read = fields.optional_number({"price": value}, "price")
    assert isinstance(read, float)
    assert read == float(value)


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    """NaN, Infinity, integers beyond a double, numbers as text; and true is not 1."""
    with pytest.raises(InvalidInputError) as refused:
        fields.optional_number({"price": value}, "price", "items[0].")
    assert (refused.value.field, refused.value.expected) == ("items[0].price", "a finite number")


def test_an_absent_number_or_text_is_none() -> None:
    """A null and nothing at all are the same."""
    for absent in ({}, {"x": None}):
        assert fields.optional_number(absent, "x") is None
        assert fields.optional_text(absent, "x", 5) is None


@pytest.mark.parametrize("value", ["toolong", LONE_SURROGATE, 5, True, []])
def test_what_is_no_text_is_refused(value: Any) -> None:
    """Up to as many characters as the field takes; the empty text is a text."""
    assert fields.optional_text({"x": ""}, "x", 5) == ""
    with pytest.raises(InvalidInputError) as refused:
        fields.optional_text({"x": value}, "x", 5, "items[0].")
    assert (refused.value.field, refused.value.expected) == ("items[0].x", "a string of up to 5 characters")


@pytest.mark.parametrize("value", [0, 1, "true", "", [], 1.0])
def test_a_flag_is_true_or_false_and_nothing_like_it(value: Any) -> None:
    """No 0, no 1, no text."""
    assert fields.optional_flag({"x": False}, "x", default=True) is False
    assert fields.optional_flag({}, "x", default=True) is True
    with pytest.raises(InvalidInputError, match="x: expected true or false"):
        fields.optional_flag({"x": value}, "x", default=True)


@pytest.mark.parametrize("value", [None, [], "text", 5, True])
def test_what_is_no_object_is_refused(value: Any) -> None:
    """A JSON object and nothing else."""
    assert fields.mapping("body", {"a": 1}) == {"a": 1}
    with pytest.raises(InvalidInputError, match="body: expected an object, got"):
        fields.mapping("body", value)
