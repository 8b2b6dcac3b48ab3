"""Readers of real data: recorded events played as a shop."""

from __future__ import annotations

from millstream_tools.shops.recorded.errors import BadDataError, DatasetError, UnknownDataError
from millstream_tools.shops.recorded.open_shop import open_shop
from millstream_tools.shops.recorded.recorded_shop import RecordedShop
