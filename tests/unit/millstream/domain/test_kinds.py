"""What must hold of the table of kinds, whatever rows are added."""

from __future__ import annotations

import pickle

import pytest

from millstream.domain.log.kinds import ALIASES, BEHAVIOUR, CONSUMED, FROM_CLIENTS, LEARNED, MOST_SLOTS, EventKind, Sign


def test_numbers_are_those_in_everybodys_log() -> None:
    """Never reused, never renumbered; a new kind is held by its golden bytes."""
    assert {kind.name: int(kind) for kind in EventKind}.items() >= {
        "ItemViewed": 1,
        "ItemAddedToCart": 2,
        "ItemPurchased": 3,
        "ItemRated": 4,
        "SatisfactionReported": 5,
        "SlateServed": 6,
        "ItemPublished": 7,
        "ItemRetired": 8,
        "UserErased": 9,
        "RecordVoided": 10,
    }.items()


def test_slots_are_those_in_everybodys_rows() -> None:
    """Each fits into the three bits of a mark and belongs to one kind."""
    slots = {kind.name: kind.traits.slot for kind in BEHAVIOUR}
    assert slots.items() >= {"ItemViewed": 1, "ItemAddedToCart": 2, "ItemPurchased": 3, "ItemRated": 4}.items()
    assert len(set(slots.values())) == len(slots)
    assert all(slot is not None and 0 < slot < MOST_SLOTS for slot in slots.values())


def test_a_name_means_one_kind() -> None:
    """A kind's own name, or an alias that no other kind has."""
    names = [name for kind in FROM_CLIENTS for name in (kind.name, *kind.traits.aliases)]
    assert sorted(names) == sorted(ALIASES)
    assert all(ALIASES[name] in FROM_CLIENTS for name in names)


@pytest.mark.parametrize("kind", EventKind, ids=lambda kind: kind.name)
def test_what_counts_for_an_item_comes_from_clients_and_is_liked(kind: EventKind) -> None:
    """What is rejected, or says nothing of the item, adds to no trend and teaches no model."""
    if kind.traits.sign in (None, Sign.REJECTED):
        assert (kind.traits.trend, kind.traits.learning) == (0.0, 0.0)
    else:
        assert kind in FROM_CLIENTS


def test_what_is_learned_is_remembered() -> None:
    """A model is asked with the items of the row, so it may not be fitted on what no row holds."""
    assert CONSUMED <= LEARNED <= BEHAVIOUR <= FROM_CLIENTS


def test_a_kind_is_found_by_its_number_and_survives_another_process() -> None:
    """As the log and a worker process need it."""
    assert EventKind(3) is EventKind.ItemPurchased
    assert pickle.loads(pickle.dumps(EventKind.ItemRated)) is EventKind.ItemRated  # noqa: S301  # our own bytes


def test_what_a_kind_is_worth_is_what_models_and_trends_were_made_with() -> None:
    """(trend, learning): a change gives every shop other trends, and every model another version."""
    assert {kind.name: (kind.traits.trend, kind.traits.learning) for kind in FROM_CLIENTS}.items() >= {
        "ItemViewed": (1.0, 1.0),
        "ItemAddedToCart": (2.0, 1.0),
        "ItemPurchased": (4.0, 1.0),
        "ItemRated": (1.0, 1.0),
        "SatisfactionReported": (0.0, 0.0),
    }.items()
