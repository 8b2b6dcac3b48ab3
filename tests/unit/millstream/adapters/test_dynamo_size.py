"""DynamoDB's rules for the size of an item, one by one.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.references.dynamo_size import item_bytes, write_units


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "lamp"}, 4),
        ({"S": "lämp 💡"}, 10),
        ({"B": b"123"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "42"}, 2),
        ({"N": "123"}, 3),
        ({"N": "-42"}, 3),
        ({"N": "0.0042"}, 2),
        ({"N": "1000000"}, 2),
        ({"N": "12345678901234567890123456789012345678"}, 20),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"BS": [b"ab", b"c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": True}]}, 8),
        ({"M": {}}, 3),
        ({"M": {"key": {"S": "ab"}}}, 9),
        ({"L": [{"L": []}]}, 7),
    ],
)
def test_a_value_has_the_size_that_dynamodb_gives_it(value: dict[str, Any], size: int) -> None:
    """Text in UTF-8, two digits a byte and one, three bytes a container and one an element."""
    assert item_bytes({"": value}) == size


def test_the_names_of_attributes_count() -> None:
    """Which is why a user's row has names of one letter."""
    assert item_bytes({"näme": {"S": "ab"}, "u": {"B": b"1234"}}) == 5 + 2 + 1 + 4


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (2048, 2), (14_400, 15)])
def test_a_write_costs_a_unit_for_each_started_kilobyte(size: int, units: int) -> None:
    """At least one."""
    assert write_units(size) == units


def test_a_type_that_dynamodb_has_not_is_an_error() -> None:
    """A Python value without its type, as the resource API takes it, is none."""
    with pytest.raises(ValueError, match="expected one of DynamoDB's types"):
        item_bytes({"a": {"F": 1.0}})
