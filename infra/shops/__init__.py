"""What every shop that plays against a deployed recommender has in common: products, behaviour, days and visits."""

from __future__ import annotations

from infra.shops.behaviour import Behaviour, BehaviourKind
from infra.shops.day import Day
from infra.shops.play import Storefront, play
from infra.shops.probes import ProbeSample
from infra.shops.product import Product
from infra.shops.shop import SeenPolicy, Shop
from infra.shops.showcase import Showcase
from infra.shops.stable_id import stable_fraction, stable_id
from infra.shops.steps import LARGEST_BATCH, Behaved, Probed, Shown, Slate, SlateValue, Step, in_batches
from infra.shops.visit import Steps, Visit

__all__ = [
    "LARGEST_BATCH",
    "Behaved",
    "Behaviour",
    "BehaviourKind",
    "Day",
    "ProbeSample",
    "Probed",
    "Product",
    "SeenPolicy",
    "Shop",
    "Showcase",
    "Shown",
    "Slate",
    "SlateValue",
    "Step",
    "Steps",
    "Storefront",
    "Visit",
    "in_batches",
    "play",
    "stable_fraction",
    "stable_id",
]
