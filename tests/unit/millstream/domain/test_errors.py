"""What an error says."""

from __future__ import annotations

import pytest

from millstream.domain.errors import InvalidInputError, KeyCollisionError, shown


def test_a_refusal_says_which_field_what_was_expected_and_what_came() -> None:
    """In fields for programs and in one sentence for people."""
    error = InvalidInputError("items[0].price", "a finite number", "39.90")
    assert (error.field, error.expected, error.got) == ("items[0].price", "a finite number", "'39.90'")
    assert str(error) == "items[0].price: expected a finite number, got '39.90'"


@pytest.mark.parametrize(
    ("value", "text"), [("x" * 200, "'" + "x" * 78 + "…"), (None, "null"), ("\ud800", "'\\ud800'")]
)
def test_what_came_is_shown_in_one_short_line_that_can_be_sent(value: object, text: str) -> None:
    """At most 80 characters, each of which UTF-8 can spell."""
    assert shown(value) == text
    assert shown(value).encode()


def test_what_is_nested_too_deeply_is_named_by_its_type() -> None:
    """Showing it must not fail where reading it did not."""
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    assert shown(nested).startswith("list")
    while nested:  # taken apart by hand: some interpreters end when they free so deep a nest
        nested = nested[0]  # type: ignore[assignment]  # a list all the way down


def test_a_collision_names_both_ids() -> None:
    """The caller learns which of the two to rename."""
    error = KeyCollisionError("a", "b")
    assert "'a'" in str(error)
    assert "'b'" in str(error)
