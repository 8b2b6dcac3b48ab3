"""How cards look to a person."""

from __future__ import annotations

from dataclasses import replace

from millstream.application.ports import PublishedModel
from millstream.domain.models.cards import Card, Cost
from millstream_tools.cli.models_shown import Registry, listing, model_lines

CARD = Card("sequence-blend", 0, "set-1", 30, Cost(1.0, 2.0), {}, {}, seed=7)


def published(card: Card) -> PublishedModel:
    """A model with this card."""
    return PublishedModel("sequence-blend-0123", "0123", 0, card, {})


def test_a_list_has_room_for_the_beginning_of_a_protocols_name() -> None:
    """All of it stands where one model is shown."""
    for name, begun in (
        ("time split at 2011-11-01 (5 rows before), next; asked as it serves", "time split at 2011-11-01"),
        ("leave-one-out test, fit on [:-1]", "leave-one-out test"),
        ("whatever comes; asked as it serves", "whatever comes"),
        ("prequential", "prequential"),
    ):
        model = published(replace(CARD, metrics={name: {"HR@10": 0.25}}))
        assert listing(Registry([model], [])).rstrip().endswith(f"  {begun}: HR@10 0.2500")
        assert f"metrics       {name}" in list(model_lines(model, []))


def test_knobs_of_parts_stand_on_lines_of_their_own() -> None:
    """Under dotted names, as in the experiment that they come from; what is empty is shown too."""
    parts = [{"family": "ease", "knobs": {"last": None}}, {"family": "sequence", "knobs": {}}]
    lines = [" ".join(line.split()) for line in model_lines(published(replace(CARD, knobs={"parts": parts})), [])]
    begin = lines.index('knobs parts.0.family "ease"')
    assert lines[begin + 1 : begin + 4] == ["parts.0.knobs.last null", 'parts.1.family "sequence"', "parts.1.knobs {}"]
