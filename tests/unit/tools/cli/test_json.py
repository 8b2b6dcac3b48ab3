"""Every command that answers with something answers programs with JSON."""

from __future__ import annotations

import pytest
from typer.main import get_command

from millstream_tools.cli.commands import app

WITHOUT = {
    "demo": "a show for people",
    "deploy": "LocalStack's own tools tell what is there",
    "catalogue": "a group",
    "lab run": "it writes its results as JSON files",
    "lab choose": "it writes its results as JSON files",
    "lab tune": "it writes its results as JSON files",
    "lab compare": "it compares JSON files for people",
    "lab fit": "it writes a model's card, which is JSON",
    "lab compress": "it writes a model's card, which is JSON",
}
"""Why."""


def commands() -> dict[str, set[str]]:
    """The options of each command, by its words."""
    found: dict[str, set[str]] = {}

    def walk(command: object, words: tuple[str, ...]) -> None:
        inner = getattr(command, "commands", None)
        if inner:
            for name, one in inner.items():
                walk(one, (*words, name))
        else:
            found[" ".join(words)] = {option for one in command.params for option in one.opts}  # type: ignore[attr-defined]

    walk(get_command(app), ())
    return found


@pytest.mark.parametrize("command", sorted(set(commands()) - set(WITHOUT)))
def test_a_command_answers_with_json_where_it_is_asked_to(command: str) -> None:
    """Or its reason stands above."""
    assert "--json" in commands()[command]
