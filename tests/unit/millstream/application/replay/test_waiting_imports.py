"""Imports that the views do not have yet: named by `verify`, in the next rebuild, and never taken for damage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.memory import FixedClock
from millstream.application.collect.import_history import archive_history, void_history
from millstream.application.ports import ViewVersion
from millstream.application.replay.rebuild import DiffersError
from millstream.domain.errors import UnavailableError
from tests.builders import NOW_MS, record, subject, views
from tests.unit.millstream.application.replay.machine import Machine
from tests.unit.millstream.application.replay.shop import ShopInMemory

OBJECTS = 3
DAY_MS = 86_400_000


def archive(shop: ShopInMemory, number: int, objects: int | None = None) -> None:
    """Archive import `number`: an object a day, or only the first of them, as if it was killed then."""
    days = [NOW_MS - (OBJECTS - day) * DAY_MS for day in range(OBJECTS)]
    visits = [record("ann", *views(f"desk-{number}", start_ms=day), recorded_at_ms=day) for day in days]
    visits[1] = record(f"only-{number}", *views("sofa", start_ms=days[1]), recorded_at_ms=days[1])
    list(islice(archive_history(visits, number, shop.archive), objects))


def void(shop: ShopInMemory, number: int) -> None:
    void_history(number, shop.log, FixedClock(NOW_MS))
    shop.run()


STEPS = st.one_of(
    st.tuples(st.just("import"), st.integers(1, 3)),
    st.tuples(st.just("half"), st.integers(1, 3)),
    st.tuples(st.just("void"), st.integers(1, 3)),
    st.tuples(st.just("rebuild"), st.just(0)),
)


@given(st.lists(STEPS, max_size=8))
def test_verify_names_what_waits_and_no_row_differs(steps: Sequence[tuple[str, int]]) -> None:
    """Whichever imports are archived, whole or half, in whichever order, void or not; a rebuild has them all."""
    shop = ShopInMemory.open()
    archived: dict[int, int] = {}
    seen: dict[int, int] = {}
    voided: set[int] = set()
    seen_void: set[int] = set()
    for step, number in [*steps, ("check", 0), ("rebuild", 0)]:
        if step in {"import", "half"}:
            objects = 1 if step == "half" else OBJECTS
            archive(shop, number, objects if step == "half" else None)
            archived[number] = max(archived.get(number, 0), objects)
        elif step == "void":
            void(shop, number)
            voided.add(number)
        elif step == "rebuild":
            shop.rebuild()
            seen, seen_void = dict(archived), set(voided)
        found = shop.verify()
        assert (found.different, found.live) == (0, found.log)
        waiting = {one for one, objects in archived.items() if objects > seen.get(one, 0)} - voided
        assert (set(found.waiting), set(found.void)) == (waiting, (voided - seen_void) & set(seen))
        assert found.equal == (not waiting)


@given(st.permutations([1, 2, 3]), st.sets(st.integers(1, 3)))
def test_one_rebuild_gives_the_rows_of_one_for_each_import(order: Sequence[int], voided: set[int]) -> None:
    """Byte by byte."""
    each, once = ShopInMemory.open(), ShopInMemory.open()
    for number in order:
        for shop in (each, once):
            archive(shop, number)
            if number in voided:
                void(shop, number)
        each.rebuild()
    once.rebuild()
    assert (once.rows(), once.trends()) == (each.rows(), each.trends())


def test_a_rebuild_says_which_imports_the_view_before_did_not_have() -> None:
    """That is why its rows differ from the log; it does not serve if only equal rows may be replaced."""
    shop = ShopInMemory.open()
    archive(shop, 1)
    shop.rebuild()
    archive(shop, 2)
    with pytest.raises(DiffersError, match="does not have import 2 yet"):
        shop.rebuild(only_if_equal=True)
    done = shop.rebuild()
    assert (list(done.added), done.different, done.missing) == ([2], 1, 1)
    assert list(shop.rebuild().added) == []


def test_an_interrupted_rebuild_is_begun_again_after_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its plan does not have the new history; without one, it goes on with its plan."""
    shop = ShopInMemory.open()
    archive(shop, 1)

    def interrupted(*_: object, **__: object) -> None:
        raise UnavailableError("no more today")

    for with_import in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr(shop.views, "switch", interrupted)
            with pytest.raises(UnavailableError):
                shop.rebuild()
        version = shop.views.versions()[-1].number
        if with_import:
            archive(shop, 2)
        assert shop.rebuild().version.number == version + with_import
    assert subject("only-2") in shop.rows()
    assert shop.verify().equal


def test_the_distributed_rebuild_records_its_imports_too() -> None:
    """Also those that it left out because they are void."""
    shop = ShopInMemory.open()
    archive(shop, 1)
    archive(shop, 2)
    void(shop, 1)
    Machine(shop).until_switch()
    assert [set(one) for one in (shop.views.about[2].imports, shop.views.about[2].void)] == [
        {"history-2"},
        {"history-1"},
    ]
    shop.rebuild()
    assert shop.verify().equal


def test_a_version_of_earlier_code_has_the_imports_up_to_the_history_that_it_read() -> None:
    """It did not record them one by one."""
    earlier = ViewVersion(2, amended_to={"history": 2 * 2**40 + 3})
    assert [earlier.has_read("history-1", 2**40 + 9), earlier.has_read("history-3", 3 * 2**40 + 1)] == [True, False]
    later = ViewVersion(2, amended_to={"history": 2 * 2**40 + 3}, imports={"history-2": 2 * 2**40 + 3})
    assert [later.has_read("history-1", 2**40 + 9), later.has_read("history-2", 2 * 2**40 + 3)] == [False, True]
