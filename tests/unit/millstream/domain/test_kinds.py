"""What must hold of the table of kinds, whatever rows are added."""

from __future__ import annotations

import pickle

import pytest

from millstream.domain.log.kinds import (
    ALIASES,
    BEHAVIOUR,
    CONSUMED,
    FROM_CLIENTS,
    LEARNED,
    MOST_SLOTS,
    MOST_VALUES,
    REJECTED,
    REMEMBERED,
    EventKind,
    Sign,
)


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
        "ItemLiked": 11,
        "ItemDisliked": 12,
        "ItemHidden": 13,
        "ItemShared": 14,
        "ItemPlayed": 15,
        "ItemSkipped": 16,
        "ItemRemovedFromCart": 17,
        "HistoryVoided": 18,
        "UserDescribed": 19,
    }.items()


def test_slots_are_those_in_everybodys_rows() -> None:
    """Each fits into the five bits of a mark and belongs to one kind."""
    slots = {kind.name: kind.traits.slot for kind in BEHAVIOUR}
    assert (
        slots.items()
        >= {
            "ItemViewed": 1,
            "ItemAddedToCart": 2,
            "ItemPurchased": 3,
            "ItemRated": 4,
            "ItemLiked": 5,
            "ItemDisliked": 6,
            "ItemHidden": 7,
            "ItemShared": 8,
            "ItemPlayed": 9,
            "ItemSkipped": 10,
            "ItemRemovedFromCart": 11,
        }.items()
    )
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
    if kind.traits.sign in (None, Sign.REJECTED, Sign.PASSED):
        assert (kind.traits.trend, kind.traits.learning) == (0.0, 0.0)
    else:
        assert kind in FROM_CLIENTS


def test_what_is_learned_is_remembered() -> None:
    """A model is asked with the items of the row, so it may not be fitted on what no row holds."""
    assert CONSUMED <= LEARNED <= BEHAVIOUR <= FROM_CLIENTS


def test_what_is_consumed_or_rejected_is_remembered_longer() -> None:
    """Neither is forgotten after a row full of views."""
    assert CONSUMED | REJECTED <= REMEMBERED <= BEHAVIOUR
    assert {kind.name for kind in REJECTED} == {"ItemDisliked", "ItemHidden"}


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind.traits.values], ids=lambda kind: kind.name)
def test_every_code_of_a_scale_stands_for_a_value_that_has_this_code(kind: EventKind) -> None:
    """So a value that was read from a row is written as it was."""
    scale = kind.traits.values
    assert scale is not None
    assert scale.value(0) is None
    values = [scale.value(code) for code in range(1, MOST_VALUES + 1)]
    assert [scale.code(value) for value in values if value is not None] == list(range(1, MOST_VALUES + 1))
    assert (values[0], values[-1]) == (scale.lowest, scale.highest)
    assert scale.code(float("nan")) == 0


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
        "ItemLiked": (2.0, 1.0),
        "ItemDisliked": (0.0, 0.0),
        "ItemHidden": (0.0, 0.0),
        "ItemShared": (2.0, 1.0),
        "ItemPlayed": (1.0, 1.0),
        "ItemSkipped": (0.0, 0.0),
        "ItemRemovedFromCart": (0.0, 0.0),
        "UserDescribed": (0.0, 0.0),
    }.items()
