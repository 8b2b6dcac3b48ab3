"""How a visit and a storefront talk to each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from millstream_tools.shops.contract import (
    LARGEST_BATCH,
    Behaved,
    Behaviour,
    BehaviourKind,
    Probed,
    Shown,
    Slate,
    SlateValue,
    Steps,
    in_batches,
    play,
)


def _behaviour(number: int) -> Behaviour:
    return Behaviour("u", "s", f"e{number}", BehaviourKind.VIEWED, f"i{number}", float(number))


@dataclass
class _Visit:
    user_id: str = "u"
    started_at: float = 0.0
    received: list[Slate | None] = field(default_factory=list)

    def steps(self) -> Steps:
        self.received.append((yield Probed("u", "i1", 0.0)))
        self.received.append((yield Behaved((_behaviour(1),))))
        self.received.append((yield Shown("u", 2, 1.0, "millstream", None, lambda _: SlateValue(0.0, 0.0))))
        self.received.append((yield Behaved((_behaviour(2),))))


class _Counter:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def accept(self, step: Behaved) -> None:
        self.calls.append(f"accept {step.behaviours[0].event_id}")

    def show(self, step: Shown) -> Slate:
        self.calls.append(f"show {step.n}")
        return Slate(("a", "b"), "r1")

    def probe(self, step: Probed) -> None:
        self.calls.append(f"probe {step.target}")


def test_a_slate_goes_into_the_visit_only_where_one_was_asked_for() -> None:
    """Anything else is answered with None."""
    visit, counter = _Visit(), _Counter()
    play(visit, counter)
    assert counter.calls == ["probe i1", "accept e1", "show 2", "accept e2"]
    assert visit.received == [None, None, Slate(("a", "b"), "r1"), None]


def test_a_long_run_of_events_is_cut_into_calls_that_the_api_takes() -> None:
    """No step carries more than one call may, and none is lost or reordered."""
    behaviours = [_behaviour(number) for number in range(2 * LARGEST_BATCH + 1)]
    batches = [step.behaviours for step in in_batches(behaviours)]
    assert [len(batch) for batch in batches] == [LARGEST_BATCH, LARGEST_BATCH, 1]
    assert [behaviour for batch in batches for behaviour in batch] == behaviours
