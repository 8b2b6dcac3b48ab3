"""Attributes: what a deployment declares, what clients may say, and the codes that are stored."""

from __future__ import annotations

import pytest

from millstream.domain.attributes import FORGOTTEN, NO_ATTRIBUTES, codes_of, joined, merged, packed
from millstream.domain.declaration import NOTHING_DECLARED, parse_declaration
from millstream.domain.errors import InvalidInputError

DECLARED = parse_declaration(
    '{"device": {"number": 1, "values": {"desktop": 1, "mobile": 2}}, "land": {"number": 8, "values": {"AT": 65534}}}'
)


def refused(text: str) -> str:
    """The field of the error about a declaration."""
    with pytest.raises(InvalidInputError) as error:
        parse_declaration(text)
    return error.value.field


def test_values_are_stored_by_their_numbers() -> None:
    """At the place of their attribute; what is not said is 0."""
    assert codes_of(DECLARED.encoded({"device": "mobile", "land": "AT"})) == (2, 0, 0, 0, 0, 0, 0, 65534)
    assert codes_of(DECLARED.encoded({"device": None})) == (FORGOTTEN, 0, 0, 0, 0, 0, 0, 0)
    assert DECLARED.encoded({}) == NO_ATTRIBUTES


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"devise": "mobile"}, "attributes.devise"),
        ({"device": "phone"}, "attributes.device"),
        ({"device": 2}, "attributes.device"),
        ({"device": ["mobile"]}, "attributes.device"),
        ("mobile", "attributes"),
        ([], "attributes"),
    ],
)
def test_what_is_not_declared_is_refused(said: object, field: str) -> None:
    """By its name."""
    with pytest.raises(InvalidInputError) as error:
        DECLARED.encoded(said)
    assert error.value.field == field


def test_without_a_declaration_nothing_can_be_said() -> None:
    """But nothing."""
    for text in ("", "  ", "{}"):
        assert parse_declaration(text) == NOTHING_DECLARED
    assert NOTHING_DECLARED.encoded({}) == NO_ATTRIBUTES
    with pytest.raises(InvalidInputError, match="none declared"):
        NOTHING_DECLARED.encoded({"device": "mobile"})


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "attributes"),
        ("[]", "attributes"),
        ('{"a": {"number": 1, "values": {"x": 1}}, "a": {"number": 2, "values": {"x": 1}}}', "attributes"),
        ('{"a": 7}', "attributes.a"),
        ('{"a": {"number": 1}}', "attributes.a.values"),
        ('{"a": {"number": 1, "values": {}}}', "attributes.a.values"),
        ('{"a": {"number": 1, "values": {"x": 1, "y": 1}}}', "attributes.a.values"),
        ('{"a": {"number": 1, "values": {"x": 0}}}', "attributes.a.values.x"),
        ('{"a": {"number": 1, "values": {"x": 65535}}}', "attributes.a.values.x"),
        ('{"a": {"number": 1, "values": {"x": true}}}', "attributes.a.values.x"),
        ('{"a": {"number": 9, "values": {"x": 1}}}', "attributes.a.number"),
        ('{"a": {"number": 1, "values": {"x": 1}}, "b": {"number": 1, "values": {"x": 1}}}', "attributes.b.number"),
        ('{"a": {"number": 1, "values": {"x": 1}, "default": "x"}}', "attributes.a.default"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(text: str, field: str) -> None:
    """With the field that is wrong."""
    assert refused(text) == field


def test_what_is_said_replaces_what_is_known() -> None:
    """The rest stays known, and what is forgotten is unknown."""
    known, said = joined([1, 2, 3, 0, 0, 0, 0, 0]), joined([0, 7, FORGOTTEN, 4, 0, 0, 0, FORGOTTEN])
    assert codes_of(merged(known, said)) == (1, 7, 0, 4, 0, 0, 0, 0)
    assert merged(known, NO_ATTRIBUTES) == known


@pytest.mark.parametrize("codes", [[1] * 7, [1] * 9, [True] * 8, ["1"] * 8, [-1] * 8, [65536] * 8, None, "12345678"])
def test_only_eight_codes_are_packed(codes: object) -> None:
    """As repaired letters are read."""
    with pytest.raises(InvalidInputError):
        packed(codes, "attributes")
    assert packed([0, 1, 2, 3, 4, 5, 6, 65535], "attributes") == joined([0, 1, 2, 3, 4, 5, 6, 65535])
