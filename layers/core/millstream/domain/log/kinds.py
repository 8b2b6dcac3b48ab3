"""Every kind of event, one row each. A kind is declared here and nowhere else.

The log, the views, the trend, fitting and evaluation all read this table. `events/README.md` shows each kind with an
example, `infra/api/openapi.yaml` names those that clients send.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import NamedTuple, Self

MOST_SLOTS = 32
"""A row keeps the kind of an event in five bits, and slot 0 is free."""

MOST_VALUES = 63
"""A row keeps the value of an event in six bits; code 0 says that there is none."""


class Sign(Enum):
    """What a kind says of its item."""

    LIKED = "liked"
    """The user is interested: the item leads to others like it."""

    CONSUMED = "consumed"
    """Liked, and done with: bought, watched to its end."""

    REJECTED = "rejected"
    """The user does not want the item, and says so: it never counts for the item, and the item is not recommended."""

    PASSED = "passed"
    """Not now (a skip, a removal from the cart): it never counts for the item, and takes nothing back."""


class ValueScale(NamedTuple):
    """Which values of a kind a row can keep: `MOST_VALUES` steps from the lowest one, each of 1 / `steps_per_unit`.

    A row keeps the step that is nearest. Values outside count as the first or the last step, unless they are refused.
    """

    lowest: float
    steps_per_unit: int
    refuses_others: bool = False

    @property
    def highest(self) -> float:
        """The value of the last step."""
        return self.lowest + (MOST_VALUES - 1) / self.steps_per_unit

    def code(self, value: float) -> int:
        """The code of a value, 1 to MOST_VALUES; 0 for NaN, which is no value."""
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
    """What the system makes of a kind; the defaults are those of a kind that it writes itself."""

    from_clients: bool = False
    """Whether `POST /events` and imports take it."""

    aliases: tuple[str, ...] = ()
    """Names that clients may use for it beside its own."""

    trend: float = 0.0
    """How much it adds to its item's weight in the trend, relative to a view."""

    learning: float = 0.0
    """How much a transition to its item counts when a model is fitted, relative to a view."""

    slot: int | None = None
    """The number by which a user's row knows it, 1 to 31; None: it is not among the user's recent events."""

    sign: Sign | None = None
    """None for what says nothing of the item."""

    remembered: bool = False
    """Whether a row keeps the item longer than recent events: purchases, and opinions, of which the latest counts."""

    values: ValueScale | None = None
    """What a row keeps of its value; None: nothing."""

    quantity: bool = False
    """Whether it is of a number of pieces."""


_RATINGS = ValueScale(-1.0, 2)
"""Half points from -1 to 30: thumbs, stars, school marks and marks out of ten or twenty; more counts as 30."""

_SHARES = ValueScale(0.0, MOST_VALUES - 1, refuses_others=True)
"""The share that was played, 0 to 1."""


class EventKind(IntEnum):
    """The number of an event type in the log, never reused and never renumbered, and its traits."""

    def __new__(cls, number: int, traits: Traits = Traits()) -> Self:  # noqa: B008  # frozen
        """A member: equal to its number."""
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
        Traits(True, ("rating",), trend=1.0, learning=1.0, slot=4, sign=Sign.LIKED, remembered=True, values=_RATINGS),
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


FROM_CLIENTS = frozenset(kind for kind in EventKind if kind.traits.from_clients)
"""What a client may send; the rest is written by Millstream itself."""

BEHAVIOUR = frozenset(kind for kind in EventKind if kind.traits.slot is not None)
"""What a user did with an item: these events are among the recent ones of the user's row."""

LEARNED = frozenset(kind for kind in EventKind if kind.traits.sign in (Sign.LIKED, Sign.CONSUMED))
"""What leads from one item to the next: a model is fitted on these events, and asked with their items."""

CONSUMED = frozenset(kind for kind in EventKind if kind.traits.sign is Sign.CONSUMED)
REJECTED = frozenset(kind for kind in EventKind if kind.traits.sign is Sign.REJECTED)

REMEMBERED = frozenset(kind for kind in EventKind if kind.traits.remembered)
"""What a row keeps longer than recent events."""

ALIASES: Mapping[str, EventKind] = {kind.name: kind for kind in sorted(FROM_CLIENTS)} | {
    alias: kind for kind in sorted(FROM_CLIENTS) for alias in kind.traits.aliases
}
"""Every name that a client may send, and its kind."""
