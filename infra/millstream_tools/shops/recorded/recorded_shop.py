"""Recorded events as a shop: what happened is played back, whatever the recommender says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

import numpy as np

from millstream_tools.shops.contract import Behaviour, Day, ProbeSample, Product, SeenPolicy, Showcase
from millstream_tools.shops.recorded.errors import BadDataError
from millstream_tools.shops.recorded.recorded_visit import RecordedVisit
from millstream_tools.shops.recorded.recording import Recording

_SHOWCASE_EVENTS = 5


class RecordedShop:
    """A `Shop` over a recording: the last `live_fraction` of the events by time is the live stream.

    A visit is a session (an invoice, a run of ratings, a click session); what a session did before the cut is history.
    The protocol is prequential (test, then learn) as in Gama, Sebastião and Rodrigues, "On evaluating stream learning
    algorithms", Machine Learning 2013, with one difference: there every event is a question first, here a seeded
    sample of `probes` of them is, since each question is a call over HTTP. The mean over the sample estimates the mean
    over all of them; its standard error at 1,500 probes and a hit rate of 0.3 is 0.012. Nobody is shown anything:
    recorded customers cannot react, so a recording tells accuracy and never a click rate.
    """

    def __init__(self, recording: Recording, *, seed: int, probes: int, live_fraction: float = 0.2) -> None:
        """Cut the recording; reads nothing."""
        if not 0 < live_fraction < 1:
            raise ValueError(f"live_fraction: expected a share between 0 and 1, got {live_fraction!r}")
        self._recording, self._seed = recording, seed
        if len(recording) < 2:
            raise BadDataError(f"{recording.name}: expected at least two events to cut between, got {len(recording)}")
        self._cut = min(max(1, round(len(recording) * (1 - live_fraction))), len(recording) - 1)
        live_ids = (recording.event_id(event) for event in range(self._cut, len(recording)))
        self._probes = ProbeSample.of_exactly(seed, probes, live_ids)
        self._asked = min(probes, len(recording) - self._cut)
        self._products = {product.item_id: product for product in recording.products}
        self._first_seen = _first_places(recording)

    @property
    def name(self) -> str:
        """The data set's name."""
        return self._recording.name

    @property
    def exclude_seen(self) -> SeenPolicy:
        """The seen-item policy that suits this data."""
        return self._recording.exclude_seen

    def summary(self) -> Sequence[str]:
        """The reader's notes, and the time of the cut."""
        recording, live = self._recording, len(self._recording) - self._cut
        return (
            *recording.notes,
            f"history: {self._cut:,} events, {self._moment(0)} to {self._moment(self._cut - 1)}",
            f"live: {live:,} events, {self._moment(self._cut)} to {self._moment(len(recording) - 1)}",
            f"probes: {self._asked:,} live events are asked for before they are sent (seed {self._seed})",
        )

    def products(self) -> Sequence[Product]:
        """The catalogue without what first occurs after the cut."""
        return [product for product in self._recording.products if not self._is_new(product.item_id)]

    def history(self) -> Iterator[Behaviour]:
        """Everything before the cut."""
        return (self._recording.behaviour(event) for event in range(self._cut))

    def days(self) -> Iterator[Day]:
        """The live part by calendar day (UTC); a session belongs to the day of its first live event."""
        announced: set[str] = set()
        for label, visits in groupby(self._live_visits(), key=_date):
            visits_of_day = list(visits)
            items = dict.fromkeys(self._recording.item_id(event) for visit in visits_of_day for event in visit.events)
            new = [item for item in items if self._is_new(item) and item not in announced]
            announced.update(new)
            products = [self._products[item] for item in new]
            yield Day(label=label, new_products=products, retired=(), visits=visits_of_day)

    def showcase(self) -> Showcase:
        """Of the first live day's long enough visits, that of the customer with the longest history.

        Its events come again in `days`, with the same event ids, so that sending them early changes nothing.
        """
        visits = self._live_visits()
        first_day = [visit for visit in visits if _date(visit) == _date(visits[0])]
        past = np.bincount(self._recording.user.codes[: self._cut], minlength=len(self._recording.user.labels))

        def interest(visit: RecordedVisit) -> tuple[bool, int, int]:
            length = len(visit.events)
            return length > _SHOWCASE_EVENTS, int(past[self._recording.user.codes[visit.events[0]]]), length

        visit = max(first_day, key=interest)
        return Showcase(
            user_id=visit.user_id,
            behaviours=tuple(self._recording.behaviour(event) for event in visit.events[:_SHOWCASE_EVENTS]),
            reason=f"{interest(visit)[1]:,} events before the cut, {len(visit.events)} in the first visit after it",
        )

    def _live_visits(self) -> list[RecordedVisit]:
        sessions = self._recording.session.codes[self._cut :]
        order = np.argsort(sessions, kind="stable")
        borders = np.flatnonzero(np.diff(sessions[order])) + 1
        groups = [(group + self._cut).tolist() for group in np.split(order, borders) if group.size]
        return [RecordedVisit(self._recording, events, self._probes) for events in sorted(groups)]

    def _is_new(self, item_id: str) -> bool:
        return self._first_seen.get(item_id, -1) >= self._cut

    def _moment(self, event: int) -> str:
        return datetime.fromtimestamp(float(self._recording.occurred_at[event]), UTC).strftime("%Y-%m-%d %H:%M")


def _first_places(recording: Recording) -> dict[str, int]:
    """For each item that occurs, its first event."""
    codes, first = np.unique(recording.item.codes, return_index=True)
    return {recording.item.labels[code]: int(place) for code, place in zip(codes, first, strict=True)}


def _date(visit: RecordedVisit) -> str:
    return datetime.fromtimestamp(visit.started_at, UTC).strftime("%Y-%m-%d")
