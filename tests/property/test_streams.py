"""For any rows: what a stream shows and bars is what a plain loop over the rows before finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream_tools.lab.evaluation.prequential.stream import ExcludeInStream, Stream, StreamKnobs
from tests.property.test_protocols import ROW, all_rows, interactions


@given(
    st.lists(ROW, min_size=2, max_size=60),
    st.sampled_from(["history", "session", "none"]),
    st.sampled_from([None, 0.0, 2.0]),
)
def test_a_stream_shows_what_came_before_and_nothing_else(
    rows: list[tuple[int, int, int]], exclude: ExcludeInStream, gap: float | None
) -> None:
    """Row after row, with a session that is kept by hand: emptied at every pause that is too long."""
    stream = Stream(interactions(rows), StreamKnobs(share=0.5, exclude=exclude, session_gap_s=gap))
    before: dict[int, list[tuple[int, float]]] = {}
    session: dict[int, list[int]] = {}
    within = []
    for row, (user, item, at) in enumerate(all_rows(stream.data)):
        mine = before.setdefault(user, [])
        if gap is not None and mine and at - mine[-1][1] > gap:
            session[user] = []
        running = session.setdefault(user, [])
        history = [earlier for earlier, _ in mine]
        if row >= stream.cut:
            assert stream.context(row, live=True).tolist() == history
            frozen = [item for owner, item, _ in all_rows(stream.data)[: stream.cut] if owner == user]
            assert stream.context(row, live=False).tolist() == frozen
            assert stream.excluded(row).tolist() == {"history": history, "session": running, "none": []}[exclude]
            within.append(bool(running))
        mine.append((item, at))
        running.append(item)
    assert stream.within_sessions().tolist() == within
