"""The interface of shops: products, behaviour, days and visits."""

from __future__ import annotations

from millstream_tools.shops.contract.behaviour import Behaviour, BehaviourKind
from millstream_tools.shops.contract.day import Day
from millstream_tools.shops.contract.play import Storefront, play
from millstream_tools.shops.contract.probes import ProbeSample
from millstream_tools.shops.contract.product import Product
from millstream_tools.shops.contract.shop import SeenPolicy, Shop
from millstream_tools.shops.contract.showcase import Showcase
from millstream_tools.shops.contract.stable_id import stable_fraction, stable_id
from millstream_tools.shops.contract.steps import (
    LARGEST_BATCH,
    Behaved,
    Probed,
    Shown,
    Slate,
    SlateValue,
    Step,
    in_batches,
)
from millstream_tools.shops.contract.visit import Steps, Visit
