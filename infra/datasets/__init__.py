"""Readers of real data: recorded events played as a shop."""

from __future__ import annotations

from infra.datasets.errors import BadDataError, DatasetError, UnknownDataError
from infra.datasets.open_shop import open_shop
from infra.datasets.recorded_shop import RecordedShop

__all__ = ["BadDataError", "DatasetError", "RecordedShop", "UnknownDataError", "open_shop"]
