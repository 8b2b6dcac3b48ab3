"""What holds for an import of any file."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.log.records import decode_cores
from millstream.domain.views.user_state import UserState
from millstream_tools.readers.reading import ANY_NUMBER
from millstream_tools.tables.errors import BadFileError, TooManyRejectsError
from tests.builders import NOW_MS
from tests.importing import KilledError, Shop, table, visits

names = st.sampled_from(["ann", "bob", "cid"])
seconds = st.integers(1_000_000_000, NOW_MS // 1000 - 1)
rows = st.lists(st.tuples(names, st.sampled_from("abcde"), seconds), min_size=1, max_size=40)
rows_of_their_own_time = st.lists(
    st.tuples(names, st.sampled_from("abcde"), seconds), min_size=1, max_size=40, unique_by=lambda row: row[2]
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["view", "ann"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
cells = st.fixed_dictionaries({}, optional=dict.fromkeys(("user", "item", "time", "did", "price", "n"), anything))
lines = st.lists(
    cells.map(json.dumps) | st.text(st.characters(codec="utf-8", exclude_characters="\r\n,[]{}"), max_size=20),
    max_size=12,
)


def archived(rows: list[tuple[str, str, float]]) -> dict[str, Any]:
    """What an import of these rows leaves in the archive."""
    shop = Shop()
    with tempfile.TemporaryDirectory() as folder:
        shop.imports_files(table(Path(folder) / "h.csv", visits(*rows)))
    return shop.archive.objects


@given(rows_of_their_own_time, st.randoms(use_true_random=False))
def test_the_order_of_a_file_does_not_matter_where_times_differ(
    rows: list[tuple[str, str, float]], random: Any
) -> None:
    """Any permutation gives the same archive, byte for byte."""
    other = random.sample(rows, len(rows))
    assert archived(rows) == archived(other)


@given(lines)
def test_every_row_is_an_event_or_a_reject(lines: list[str]) -> None:
    """Whatever the rows hold; the counts add up, and every reject says on which line and why."""
    shop = Shop()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "h.jsonl"
        path.write_text("\n".join([*lines, '{"user": "ann", "item": "a", "time": 1700000000, "did": "view"}']), "utf-8")
        tally = shop.imports_files(path, event_type="did", value="price", quantity="n", max_rejects=ANY_NUMBER).tally
    assert tally is not None
    assert tally.rows == tally.events + tally.rejected == sum(not line.isspace() and bool(line) for line in lines) + 1
    assert tally.events == sum(len(record.events) for record in shop.records())
    assert tally.rejected == len(shop.rejects)
    assert all(reject.column and reject.expected and 1 <= reject.line <= len(lines) for reject in shop.rejects)


@given(rows, st.integers(0, 8), st.booleans())
def test_a_killed_import_run_again_equals_an_unkilled_one(
    rows: list[tuple[str, str, float]], killed_at: int, stored_last: bool
) -> None:
    """Object by object, wherever it was killed."""
    shop = Shop()
    with tempfile.TemporaryDirectory() as folder:
        file = table(Path(folder) / "h.csv", visits(*rows))
        shop.archive.stores_left, shop.archive.stored_last = killed_at, stored_last
        with suppress(KilledError):
            shop.imports_files(file)
        shop.archive.stores_left = None
        shop.imports_files(file)
    assert shop.archive.objects == archived(rows)


bytes_like_csv = st.lists(
    st.sampled_from([b"ann,a,1700000000,", b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"x", b" ", b"\xff", b"\n\n"]),
    max_size=30,
).map(b"".join)
AN_EVENT = b'{"user": "ann", "item": "a", "time": 1700000000}'
bytes_like_json = st.lists(
    st.sampled_from([b"{", b"}", b"[", b"]", b'"', b":", b",", b"\n", b"\r\n", b"1", AN_EVENT]),
    max_size=30,
).map(b"".join)  # fmt: skip


@given(
    st.binary(max_size=200) | bytes_like_csv | bytes_like_json, st.sampled_from(["h.csv", "h.jsonl", "h.dat", "h.tsv"])
)
def test_every_line_of_any_bytes_is_counted_once(content: bytes, name: str) -> None:
    """As part of an event, of a named reject, of the header, or as blank."""
    shop = Shop()
    good = b"\nann,a,1700000000,x\n" if name != "h.jsonl" else b'\n{"user": "ann", "item": "a", "time": 1700000000}\n'
    header = b"" if name == "h.jsonl" else b"user,item,time,title\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(header + content + good)
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            lines = len(list(file))
        try:
            tally = shop.imports_files(path, max_rejects=ANY_NUMBER).tally
        except (TooManyRejectsError, BadFileError):
            return
    assert tally is not None
    assert tally.lines == lines
    assert tally.rejected == len(shop.rejects)
    assert tally.events == sum(len(record.events) for record in shop.records())
    assert all(1 <= reject.line <= lines for reject in shop.rejects)
    assert tally.reject_lines <= lines - tally.event_lines


order_lines = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2"])), min_size=1, max_size=20)


@given(order_lines, st.sampled_from([None, "session", "event_id"]))
def test_the_views_count_what_an_import_says(lines: list[tuple[str, str]], order: str | None) -> None:
    """The lines of one order have one second and one order number: each line counts, a row given twice counts once."""
    shop = Shop()
    rows = [
        {"user": "ann", "item": item, "time": "2023-11-14T22:13:20", "price": price, "order": "o1"}
        for item, price in lines
    ]
    with tempfile.TemporaryDirectory() as folder:
        named = {order: "order"} if order else {}
        done = shop.imports_files(
            table(Path(folder) / "h.csv", rows), value="price", event_type="=ItemPurchased", **named
        )
    state = UserState()
    for record in shop.archive.read():
        state.fold(-1, record.position.sequence_number, decode_cores(record.data).cores)
    assert done.tally is not None
    assert done.tally.events == len(lines)
    assert state.applied == len(lines) - done.tally.repeated.many
    assert done.tally.repeated.many == (len(lines) - len(set(lines)) if order == "event_id" else 0)
