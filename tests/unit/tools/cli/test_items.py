"""The catalogue and the health on the command line, with an API in memory behind them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from millstream_tools.cli import events, health, items
from millstream_tools.cli.commands import app
from millstream_tools.ops.client import ApiError


class Api:
    """What the commands ask."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {"mug-1": {"itemId": "mug-1", "name": "Blue mug", "price": 9.5}}
        self.said: dict[str, Any] = {"status": "ok", "modelVersion": None, "degraded": []}

    def put_items(self, published: list[dict[str, Any]]) -> dict[str, Any]:
        """See MillstreamApi."""
        self.stored.update({one["itemId"]: one for one in published})
        return {"published": [one["itemId"] for one in published], "position": "s:1"}

    def change_item(self, item: str, patch: dict[str, Any]) -> dict[str, Any]:
        """See MillstreamApi."""
        self.stored[item] = self.item(item) | patch
        return {"item": self.stored[item], "position": "s:2"}

    def delete_item(self, item: str) -> dict[str, Any]:
        """See MillstreamApi."""
        return {"deleted": self.stored.pop(self.item(item)["itemId"])["itemId"], "position": "s:3"}

    def item(self, item: str) -> dict[str, Any]:
        """See MillstreamApi."""
        if item not in self.stored:
            raise ApiError(404, f"item {item!r} was never published")
        return self.stored[item]

    def items(self, n: int, after: str | None) -> dict[str, Any]:
        """See MillstreamApi."""
        found = [one for name, one in sorted(self.stored.items()) if after is None or name > after][:n]
        return {"items": found, "after": found[-1]["itemId"] if len(found) == n else None}

    def similar(self, item: str, n: int) -> dict[str, Any]:
        """See MillstreamApi."""
        found = [{"itemId": "cup", "name": "Cup\x1b]0;pwn\x07", "score": 0.5}] if item == "mug-1" else []
        return {"itemId": item, "itemList": found[:n]}

    def send_events(self, *_: object) -> dict[str, Any]:
        """See MillstreamApi."""
        return {"position": "s:4", "accepted": ["e"], "rejected": []}

    def health(self) -> dict[str, Any]:
        """See MillstreamApi."""
        return self.said


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API that every command opens."""
    api = Api()
    for module in (items, health, events):
        monkeypatch.setattr(module, "open_api", lambda *_: api)
    return api


def millstream(*words: str, said: str | None = None) -> Result:
    """Run one command."""
    return CliRunner().invoke(app, words, input=said)


def test_publishing_a_published_item_changes_only_what_is_said(api: Api) -> None:
    """Its name and everything else stays."""
    done = millstream("publish", "mug-1", "--price", "7", "--unavailable")
    assert (done.exit_code, done.stdout) == (0, "s:2\n")
    assert api.stored["mug-1"] == {"itemId": "mug-1", "name": "Blue mug", "price": 7.0, "available": False}


def test_an_unknown_item_is_published(api: Api) -> None:
    """With one category or several, and attributes of the types that JSON has."""
    told = ["--category", "Cups", "--category", "Tin", "--attribute", "colour=red", "--attribute", "ml=250"]
    assert millstream("publish", "cup-1", "Cup", *told).stdout == "s:1\n"
    assert api.stored["cup-1"] == {
        "itemId": "cup-1",
        "name": "Cup",
        "category": ["Cups", "Tin"],
        "attributes": {"colour": "red", "ml": 250},
    }


def test_publishing_without_a_change_changes_nothing(api: Api) -> None:
    """It says so."""
    before = dict(api.stored)
    assert millstream("publish", "mug-1").stdout == "unchanged\n"
    assert api.stored == before


def test_deleting_asks_first(api: Api) -> None:
    """Unless told not to."""
    assert millstream("delete", "mug-1", said="n\n").exit_code == 1
    assert "mug-1" in api.stored
    assert millstream("delete", "mug-1", "--yes").stdout == "s:3\n"
    assert not api.stored
    refused = millstream("delete", "mug-1", "--yes")
    assert refused.exit_code == 1
    assert "404" in refused.stderr


def test_items_are_listed_and_shown(api: Api) -> None:
    """A page says how to get the next; --json prints the response."""
    api.put_items([{"itemId": "cup-1", "name": "Cup"}])
    assert millstream("items", "-n", "1").stdout.splitlines() == [
        "cup-1  Cup",
        "More: millstream items --after 'cup-1'",
    ]
    assert millstream("items", "--after", "mug-1").stdout == "No more items.\n"
    assert json.loads(millstream("item", "mug-1", "--json").stdout) == api.stored["mug-1"]
    assert "Blue mug" in millstream("item", "mug-1").stdout


@pytest.mark.usefixtures("api")
def test_names_cannot_control_the_terminal() -> None:
    """They come from clients."""
    shown = millstream("similar", "mug-1").stdout
    assert shown == "0.5000  cup  Cup\\x1b]0;pwn\\x07\n"
    assert millstream("similar", "cup").stdout == "The model knows no item that follows it.\n"


def test_health_that_is_not_good_is_a_failure(api: Api) -> None:
    """A script sees it in the status."""
    assert millstream("health").exit_code == 0
    api.said = {"status": "degraded", "modelVersion": "m-1", "degraded": ["model"]}
    done = millstream("health", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (1, api.said)


@pytest.mark.usefixtures("api")
def test_a_sent_event_answers_its_position() -> None:
    """Or all that the API said."""
    assert millstream("send", "ann", "ItemViewed", "mug-1").stdout == "s:4\n"
    assert json.loads(millstream("send", "ann", "ItemViewed", "mug-1", "--json").stdout)["accepted"] == ["e"]


def test_the_version_is_printed() -> None:
    """Without a command."""
    done = millstream("--version")
    assert done.exit_code == 0
    assert done.stdout.startswith("millstream ")
