"""Whether recommendations can be computed from what is stored: a few small reads, and no model."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from millstream.application.ports import FeatureStore, ModelStore, Views
from millstream.domain.errors import InvalidRecordError, MillstreamError
from millstream.domain.slates.slate import Part
from millstream.domain.views import trend_row


@dataclass(frozen=True)
class Health:
    """The champion's version, None if no model serves, and the parts that cannot be read."""

    model_version: str | None
    degraded: tuple[Part, ...]


@dataclass(frozen=True)
class ReportHealth:
    """Read the pointers and the trend as a reader would, and look for the files of the champion.

    `on_error` is called with what cannot be read.
    """

    views: Views
    models: ModelStore
    model_files: Collection[str]
    on_error: Callable[[Exception], None]

    def __call__(self) -> Health:
        """Always an answer."""
        degraded: list[Part] = []
        version = None
        try:
            version = self.models.champion()
            missing = [] if version is None else sorted({*self.model_files} - {*self.models.files(version)})
            if missing:
                raise InvalidRecordError(f"stored model {version}", ", ".join(self.model_files), f"no {missing[0]}")
        except MillstreamError as error:
            self.on_error(error)
            degraded.append(Part.MODEL)
        try:
            features = self.views.store(self.views.serving())
        except MillstreamError as error:
            self.on_error(error)
            return Health(version, (*degraded, Part.USER, Part.TREND))
        if not self._trend_is_readable(features):
            degraded.append(Part.TREND)
        return Health(version, tuple(degraded))

    def _trend_is_readable(self, features: FeatureStore) -> bool:
        try:
            for row in features.read_trends().values():
                trend_row.unpack(row.data)
        except MillstreamError as error:
            self.on_error(error)
            return False
        return True
