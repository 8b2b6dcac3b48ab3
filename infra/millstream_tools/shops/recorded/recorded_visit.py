"""A recorded stay, played back with questions in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from millstream_tools.shops.contract import Behaviour, Probed, ProbeSample, Steps, in_batches
from millstream_tools.shops.recorded.recording import Recording


@dataclass(frozen=True, slots=True)
class RecordedVisit:
    """One session's events of the live part; `events` are their places in the recording.

    A sampled event is asked for before it is sent and after everything before it was: what would be recommended to
    someone with these lines in the basket already?
    """

    recording: Recording
    events: Sequence[int]
    probes: ProbeSample

    @property
    def user_id(self) -> str:
        """The user's id."""
        return self.recording.user_id(self.events[0])

    @property
    def started_at(self) -> float:
        """When the visit's first live event happened, in epoch seconds."""
        return float(self.recording.occurred_at[self.events[0]])

    def steps(self) -> Steps:
        """Send the events in order, in as few calls as the questions in between allow."""
        unsent: list[Behaviour] = []
        for event in self.events:
            behaviour = self.recording.behaviour(event)
            if self.probes.holds(behaviour.event_id):
                yield from in_batches(unsent)
                unsent = []
                yield Probed(behaviour.user_id, behaviour.item_id, behaviour.occurred_at)
            unsent.append(behaviour)
        yield from in_batches(unsent)
