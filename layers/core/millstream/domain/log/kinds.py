"""Every kind of event, one row each. A kind is declared here and nowhere else.

The log, the views, the trend, fitting and evaluation all read this table. `events/README.md` shows each kind with an
example, `infra/api/openapi.yaml` names those that clients send.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import NamedTuple, Self

MOST_SLOTS = 8
"""A row keeps the kind of each recent event in three bits, and slot 0 is free."""


class Sign(Enum):
    """What a kind says of its item."""

    LIKED = "liked"
    """The user is interested: the item leads to others like it."""

    CONSUMED = "consumed"
    """Liked, and done with: bought, watched to its end."""

    REJECTED = "rejected"
    """The user does not want it (a dislike, a skip, a removal from the cart): it never counts for the item."""


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
    """The number by which a user's row remembers it, 1 to 7; None: it is not among the user's recent events."""

    sign: Sign | None = None
    """None for what says nothing of the item."""

    quantity: bool = False
    """Whether it is of a number of pieces."""


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
    ItemPurchased = 3, Traits(True, ("purchase",), trend=4.0, learning=1.0, slot=3, sign=Sign.CONSUMED, quantity=True)
    ItemRated = 4, Traits(True, ("rating",), trend=1.0, learning=1.0, slot=4, sign=Sign.LIKED)
    SatisfactionReported = 5, Traits(True)
    SlateServed = 6
    ItemPublished = 7
    ItemRetired = 8
    UserErased = 9
    RecordVoided = 10


FROM_CLIENTS = frozenset(kind for kind in EventKind if kind.traits.from_clients)
"""What a client may send; the rest is written by Millstream itself."""

BEHAVIOUR = frozenset(kind for kind in EventKind if kind.traits.slot is not None)
"""What a user did with an item: these events are among the recent ones of the user's row."""

LEARNED = frozenset(kind for kind in EventKind if kind.traits.sign in (Sign.LIKED, Sign.CONSUMED))
"""What leads from one item to the next: a model is fitted on these events, and asked with their items."""

CONSUMED = frozenset(kind for kind in EventKind if kind.traits.sign is Sign.CONSUMED)

ALIASES: Mapping[str, EventKind] = {kind.name: kind for kind in sorted(FROM_CLIENTS)} | {
    alias: kind for kind in sorted(FROM_CLIENTS) for alias in kind.traits.aliases
}
"""Every name that a client may send, and its kind."""
