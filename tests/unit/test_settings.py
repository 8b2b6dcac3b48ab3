"""What a function is told by its environment."""

from __future__ import annotations

from dataclasses import fields

import pytest

from millstream.domain.errors import InvalidInputError
from millstream.settings import AcceptEventsSettings, RecommendSettings, read_settings

ENVIRONMENT = {"AWS_REGION": "eu-west-1", "MILLSTREAM_STREAM": "events", "MILLSTREAM_PSEUDONYM_SECRET": "arn:secret"}


def test_settings_are_read_from_variables_of_their_names() -> None:
    """In capitals; other variables do not matter."""
    assert read_settings(AcceptEventsSettings, {**ENVIRONMENT, "OTHER": "x"}) == AcceptEventsSettings(
        "eu-west-1", "events", "arn:secret"
    )


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_missing_or_empty_is_named(name: str, value: str | None) -> None:
    """Not a KeyError, and not an empty name that a service then refuses."""
    environment = {other: set_to for other, set_to in ENVIRONMENT.items() if other != name}
    if value is not None:
        environment[name] = value
    with pytest.raises(InvalidInputError, match=f"{name}: expected an environment variable that is set"):
        read_settings(AcceptEventsSettings, environment)


def test_the_first_missing_variable_is_named() -> None:
    """One at a time is enough to go on."""
    first = fields(RecommendSettings)[0].name.upper()
    with pytest.raises(InvalidInputError, match=first):
        read_settings(RecommendSettings, {})
