"""What every Imports must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from millstream.application.ports import ImportEntry, Imports
from millstream.domain.errors import NotFoundError
from tests.builders import NOW_MS


class ImportsSuite(ABC):
    """Give an empty registry; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def imports(self) -> Imports:
        """An empty registry."""

    def test_an_empty_registry_lists_nothing(self, imports: Imports) -> None:
        """A stack before its first import."""
        assert list(imports.entries()) == []

    def test_imports_are_numbered_from_one(self, imports: Imports) -> None:
        """In the order in which they begin; the list keeps it, also past nine."""
        names = [f"import-{letter}" for letter in "kjihgfedcba"]
        assert [imports.begin(name, "shop.csv", NOW_MS).number for name in names] == list(range(1, 12))
        assert [entry.import_id for entry in imports.entries()] == names

    def test_an_import_that_begins_again_keeps_its_number_and_its_time(self, imports: Imports) -> None:
        """It goes on where it was killed, by the same clock."""
        first = imports.begin("shop", "shop.csv", NOW_MS)
        imports.begin("other", "other.csv", NOW_MS + 1)
        assert imports.begin("shop", "shop.csv", NOW_MS + 2) == first == ImportEntry(1, "shop", "shop.csv", NOW_MS)

    def test_a_finished_import_says_what_it_brought(self, imports: Imports) -> None:
        """And is known as finished when it is begun again."""
        imports.begin("shop", "größe.csv", NOW_MS)
        imports.finish(1, {"events": 2**40, "rejected": 0})
        entry = ImportEntry(1, "shop", "größe.csv", NOW_MS, {"events": 2**40, "rejected": 0})
        assert imports.begin("shop", "größe.csv", NOW_MS + 5) == entry
        assert list(imports.entries()) == [entry]

    def test_what_was_said_first_at_the_end_stays(self, imports: Imports) -> None:
        """Two processes may finish the same import; both wrote the same."""
        imports.begin("shop", "shop.csv", NOW_MS)
        imports.finish(1, {"events": 1})
        imports.finish(1, {"events": 2})
        assert [entry.counts for entry in imports.entries()] == [{"events": 1}]

    def test_an_import_that_never_began_cannot_finish(self, imports: Imports) -> None:
        """And leaves no trace."""
        with pytest.raises(NotFoundError, match="7"):
            imports.finish(7, {"events": 1})
        assert list(imports.entries()) == []

    def test_an_import_keeps_what_its_files_and_times_were(self, imports: Imports) -> None:
        """As of its first attempt, also once it is finished."""
        imports.begin("shop", "a.csv, b.csv", NOW_MS, ("aa", "bb"), (NOW_MS - 5, NOW_MS - 1))
        imports.finish(1, {"events": 3})
        assert list(imports.entries()) == [
            ImportEntry(1, "shop", "a.csv, b.csv", NOW_MS, {"events": 3}, ("aa", "bb"), (NOW_MS - 5, NOW_MS - 1))
        ]

    def test_a_void_import_keeps_its_number_and_its_files_get_a_new_one(self, imports: Imports) -> None:
        """Its number is in the log for ever."""
        imports.begin("shop", "shop.csv", NOW_MS)
        imports.finish(1, {"events": 3})
        imports.void(1)
        imports.void(1)
        assert imports.begin("shop", "shop.csv", NOW_MS + 9) == ImportEntry(2, "shop", "shop.csv", NOW_MS + 9)
        assert [(entry.number, entry.void) for entry in imports.entries()] == [(1, True), (2, False)]

    def test_an_import_that_never_began_cannot_be_void(self, imports: Imports) -> None:
        """And leaves no trace."""
        with pytest.raises(NotFoundError, match="7"):
            imports.void(7)
        assert list(imports.entries()) == []

    def test_imports_that_begin_at_once_get_numbers_of_their_own(self, imports: Imports) -> None:
        """And the same import begun twice at once gets one."""
        names = ["a", "b", "c", "a", "b", "c"]
        start = Barrier(len(names))

        def begin(name: str) -> tuple[str, int]:
            start.wait()
            return name, imports.begin(name, name, NOW_MS).number

        with ThreadPoolExecutor(len(names)) as pool:
            given = set(pool.map(begin, names))
        assert {name for name, _ in given} == {"a", "b", "c"}
        assert {number for _, number in given} == {1, 2, 3}
        assert len(given) == 3
