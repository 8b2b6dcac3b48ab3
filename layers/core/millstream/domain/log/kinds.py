"""The kinds of events. A kind is declared here and nowhere else.

The log, the views, the trend, fitting and evaluation all use this table. `events/README.md` has an example of each
kind, `infra/api/openapi.yaml` lists those that clients may send.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import NamedTuple, Self

MOST_SLOTS = 32
"""A row stores the kind of an event in five bits; slot 0 is unused."""

MOST_VALUES = 63
"""A row stores the value of an event in six bits; code 0 means no value."""


class Sign(Enum):
    """The opinion about the item that an event of a kind expresses."""

    LIKED = "liked"
    """The user is interested: recommend related items."""

    CONSUMED = "consumed"
    """Liked and finished: bought, watched to the end."""

    REJECTED = "rejected"
    """An explicit rejection: it never counts for the item, and the item is not recommended."""

    PASSED = "passed"
    """Not now (a skip, a removal from the cart): it never counts for the item, and cancels no earlier event."""


class ValueScale(NamedTuple):
    """The values of a kind that a row can store: `MOST_VALUES` steps from the lowest, each of 1 / `steps_per_unit`.

    A row stores the nearest step. Values outside count as the first or the last step, unless they are rejected.
    """

    lowest: float
    steps_per_unit: int
    refuses_others: bool = False

    @property
    def highest(self) -> float:
        """The value of the last step."""
        return self.lowest + (MOST_VALUES - 1) / self.steps_per_unit

    def code(self, value: float) -> int:
        """The code of a value, 1 to MOST_VALUES; 0 for NaN (no value)."""
        steps = (value - self.lowest) * self.steps_per_unit
        if steps >= MOST_VALUES - 1:
            return MOST_VALUES
        if steps > 0:
            return int(steps + 1.5)
        return int(steps <= 0)  # False for NaN

    def value(self, code: int) -> float | None:
        """The inverse; None for code 0."""
        return self.lowest + (code - 1) / self.steps_per_unit if code else None


class Traits(NamedTuple):
    """How the system treats a kind. The defaults are those of kinds that Millstream itself writes."""

    from_clients: bool = False
    """Whether `POST /events` and imports accept it."""

    aliases: tuple[str, ...] = ()
    """Other names that clients may use for it."""

    trend: float = 0.0
    """Its weight in the trend, relative to a view."""

    learning: float = 0.0
    """The weight of a transition to its item when a model is fitted, relative to a view."""

    slot: int | None = None
    """Its number in a user's row, 1 to 31; None if rows do not store it among the recent events."""

    sign: Sign | None = None
    """None if it expresses no opinion about the item."""

    remembered: bool = False
    """Whether a row keeps it longer than recent events: purchases, and opinions, of which the latest counts."""

    values: ValueScale | None = None
    """The scale on which a row stores its value; None if it stores none."""

    needs_value: bool = False
    """Whether it means nothing without a value."""

    liked_from: float | None = None
    """A lower value says that the user does not like the item: the event says nothing to the trend and to models."""

    quantity: bool = False
    """Whether it has a quantity (number of pieces)."""

    about_item: bool = True
    """Whether a client says the item; otherwise the event only carries the attributes of its call."""


_RATINGS = ValueScale(-1.0, 2)
"""Half points from -1 to 30, enough for thumbs, stars, and scores out of ten or twenty; more counts as 30."""

_SHARES = ValueScale(0.0, MOST_VALUES - 1, refuses_others=True)
"""The fraction that was played, 0 to 1."""


class EventKind(IntEnum):
    """The number of an event type in the log, never reused and never renumbered, and its traits."""

    def __new__(cls, number: int, traits: Traits = Traits()) -> Self:  # noqa: B008  # frozen
        """A member that is equal to its number."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.traits = traits
        return member

    traits: Traits

    ItemViewed = 1, Traits(True, ("view", "click"), trend=1.0, learning=1.0, slot=1, sign=Sign.LIKED)
    ItemAddedToCart = 2, Traits(True, ("cart",), trend=2.0, learning=1.0, slot=2, sign=Sign.LIKED)
    ItemPurchased = (
        3,
        Traits(
            True, ("purchase",), trend=4.0, learning=1.0, slot=3, sign=Sign.CONSUMED, remembered=True, quantity=True
        ),
    )
    ItemRated = (
        4,
        Traits(
            True,
            ("rating",),
            trend=1.0,
            learning=1.0,
            slot=4,
            sign=Sign.LIKED,
            remembered=True,
            values=_RATINGS,
            needs_value=True,
            liked_from=2.0,
        ),
    )
    SatisfactionReported = 5, Traits(True)
    SlateServed = 6
    ItemPublished = 7
    ItemRetired = 8
    UserErased = 9
    RecordVoided = 10
    ItemLiked = 11, Traits(True, ("like",), trend=2.0, learning=1.0, slot=5, sign=Sign.LIKED, remembered=True)
    ItemDisliked = 12, Traits(True, ("dislike",), slot=6, sign=Sign.REJECTED, remembered=True)
    ItemHidden = 13, Traits(True, ("hide",), slot=7, sign=Sign.REJECTED, remembered=True)
    ItemShared = 14, Traits(True, ("share",), trend=2.0, learning=1.0, slot=8, sign=Sign.LIKED)
    ItemPlayed = 15, Traits(True, ("play",), trend=1.0, learning=1.0, slot=9, sign=Sign.LIKED, values=_SHARES)
    ItemSkipped = 16, Traits(True, ("skip",), slot=10, sign=Sign.PASSED)
    ItemRemovedFromCart = 17, Traits(True, ("remove_from_cart",), slot=11, sign=Sign.PASSED)
    HistoryVoided = 18
    UserDescribed = 19, Traits(True, ("describe",), about_item=False)


FROM_CLIENTS = frozenset(kind for kind in EventKind if kind.traits.from_clients)
"""The kinds that a client may send; Millstream itself writes the others."""

BEHAVIOUR = frozenset(kind for kind in EventKind if kind.traits.slot is not None)
"""A user's actions on items: these are stored among the recent events of a user's row."""

LEARNED = frozenset(kind for kind in EventKind if kind.traits.sign in (Sign.LIKED, Sign.CONSUMED))
"""Kinds on which models are fitted, and whose items are a model's input."""

CONSUMED = frozenset(kind for kind in EventKind if kind.traits.sign is Sign.CONSUMED)
REJECTED = frozenset(kind for kind in EventKind if kind.traits.sign is Sign.REJECTED)

REMEMBERED = frozenset(kind for kind in EventKind if kind.traits.remembered)
"""Kinds that a row keeps longer than recent events."""

ALIASES: Mapping[str, EventKind] = {kind.name: kind for kind in sorted(FROM_CLIENTS)} | {
    alias: kind for kind in sorted(FROM_CLIENTS) for alias in kind.traits.aliases
}
"""The kind of each name that a client may send."""


def is_low(kind: EventKind, value: float | None) -> bool:
    """Whether a value, as a row stores it, is below `liked_from`."""
    return value is not None and kind.traits.liked_from is not None and value < kind.traits.liked_from


def trend_weight(kind: EventKind, value: float | None) -> float:
    """What an event adds to the trend, before decay and the bound of its user."""
    return 0.0 if is_low(kind, value) else kind.traits.trend


LOWEST_LIKED: Mapping[int, float] = {
    int(kind): kind.traits.liked_from - 0.5 / kind.traits.values.steps_per_unit
    for kind in EventKind
    if kind.traits.liked_from is not None and kind.traits.values is not None
}
"""By kind: the lowest value, as the client sends it, that a row stores as `liked_from` or more."""
