"""Every knob of the simulated shop."""

from __future__ import annotations

from dataclasses import dataclass, fields

Count = int
"""1 or more."""

Positive = float
"""Above 0."""

Share = float
"""From 0 to 1."""


@dataclass(frozen=True, slots=True)
class ShopConfig:
    """The shop's size, habits and probabilities; each field is followed by its unit and effect.

    "Logit" means an addend to a log weight in a choice: +0.7 doubles the weight, +2.3 makes it ten times as large.
    """

    customers: Count = 2_400
    """People who may visit."""
    products: Count = 1_600
    """Items that are ever on sale, before and after the cut."""
    history_days: Count = 40
    """Days before the cut."""
    live_days: Count = 3
    """Days after the cut."""
    opens_at: float = 1_767_571_200.0
    """Midnight UTC of the first day of the history, epoch seconds (a Monday)."""

    visits_per_day: Positive = 0.16
    """Mean visits of one customer in a day."""
    activity_shape: Positive = 1.2
    """Gamma shape of how that differs between customers; smaller means that fewer people make most visits."""
    late_customers: Share = 0.12
    """Share of the customers whose first visit can only be after the cut."""
    pages_per_visit: float = 7.0
    """Mean pages (a slate to look at, or a product found by oneself) in a visit; geometric."""
    most_pages: Count = 40
    """Pages after which everyone goes home."""
    slate_page: Share = 0.35
    """Chance that a page is a slate; the first page is one with twice the chance."""
    slate_size: Count = 10
    """Items in a slate."""

    interest_spread: float = 1.5
    """Standard deviation of a customer's interest in a shelf, logits."""
    style_spread: float = 0.6
    """Standard deviation of a customer's liking of one style direction, logits."""
    taste_half_life: Positive = 45.0
    """Days after which half of a deviation in taste has drifted away."""
    price_sensitivity: float = 0.5
    """Mean loss of log weight for one shelf-standard-deviation of log price, logits."""
    popularity_exponent: float = 0.6
    """Zipf exponent of item popularity: the weight of the item with rank r is r to minus this."""
    season_days: Positive = 90.0
    """Length of the season's cycle, days."""
    season_swing: float = 0.8
    """Amplitude of the season for a shelf with swing 1, logits."""
    late_products: Share = 0.16
    """Share of the products that appear during history or live days."""
    retiring_products: Share = 0.08
    """Share of the products that are taken off sale during history or live days."""
    novelty: float = 1.0
    """Extra log weight on an item's first day on sale, logits; halves every `novelty_half_life`."""
    novelty_half_life: Positive = 5.0
    """Days."""

    intent_shelf: float = 3.2
    """Extra log weight of the shelf that a visit is about, logits."""
    intent_kept: Share = 0.3
    """Chance that a visit is about the same shelf as the visit before."""
    intent_changed: Share = 0.06
    """Chance on every page after the first that the customer walks on to the shelf that goes with this one."""
    next_kind: float = 1.6
    """Extra log weight of the kind of product that people need after the last one, logits."""
    same_kind: float = 1.0
    """Extra log weight of the same kind of product in another series (comparing), logits."""
    same_series: float = 1.2
    """Extra log weight of the same series on the same or the neighbouring shelf, logits."""
    companions: int = 2
    """Items that happen to go with an item for reasons no attribute shows."""
    companion: float = 3.0
    """Extra log weight of a companion, logits."""

    position_bias: float = 0.7
    """Power of the examination propensity of position k: k to minus this."""
    outside: Positive = 0.5
    """Weight of clicking nothing on a slate, as a share of the weight of the whole shop."""
    accidental: Share = 0.006
    """Chance of an accidental click on a slate."""

    cart_bias: float = -4.0
    """Log odds that a viewed product of average appeal goes into the cart."""
    cart_intent: float = 0.6
    """Extra log odds if the product stands on the visit's shelf."""
    purchase: Share = 0.55
    """Chance that what is in the cart is paid for."""
    rating: Share = 0.35
    """Chance that what was paid for is rated."""

    millstream_share: Share = 0.5
    """Share of the live slates that the recommender under test chooses."""
    popular_share: Share = 0.25
    """Share of the live slates with the day's most popular items; the rest of the live slates is random."""
    logged_popular_share: Share = 0.5
    """Share of the history's slates with popular items; the rest of them is random."""

    def __post_init__(self) -> None:
        """Refuse what cannot be a shop, naming the field."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type in ("Count", "Positive") and value <= 0:
                raise ValueError(f"ShopConfig.{field.name}: expected a number above 0, got {value!r}")
            if field.name == "pages_per_visit" and value < 1:
                raise ValueError(f"ShopConfig.pages_per_visit: expected at least 1, got {value!r}")
            if field.type == "Share" and not 0 <= value <= 1:
                raise ValueError(f"ShopConfig.{field.name}: expected a share from 0 to 1, got {value!r}")
        if self.millstream_share + self.popular_share > 1:
            raise ValueError(
                "ShopConfig.millstream_share + popular_share: expected at most 1, "
                f"got {self.millstream_share} + {self.popular_share}"
            )

    @property
    def days(self) -> int:
        """Days in all."""
        return self.history_days + self.live_days
