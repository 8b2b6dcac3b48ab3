"""An import into memory, so that a test names only the files and what is to come of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from millstream.adapters.memory import FixedClock, MemoryArchive
from millstream.adapters.memory.imports import MemoryImports
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import LogRecord
from millstream.application.replay.progress import silently
from millstream.domain.declaration import NOTHING_DECLARED
from millstream.domain.errors import UnavailableError
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.records import decode
from millstream_tools.ops.imports.importing import Imported, ImportFiles
from millstream_tools.ops.imports.voiding import VoidImport
from millstream_tools.readers.mapping import ColumnMapping
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.readers.reading import ReadHistory
from millstream_tools.readers.rejects import Reject
from tests.builders import NOW_MS, SECRET

PLAIN = {"user": "user", "item": "item", "time": "time"}


class KilledError(BaseException):
    """The process ends here."""


class FrailArchive(MemoryArchive):
    """An archive whose user is killed while it stores its n-th object from now, before or after it is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.stores_left: int | None = None
        self.stored_last = False

    def store(self, records: Sequence[LogRecord], day: str, start: int | None = None) -> str:
        """See Archive."""
        if self.stores_left is not None:
            self.stores_left -= 1
            if self.stores_left < 0:
                if self.stored_last:
                    super().store(records, day, start)
                raise KilledError
        return super().store(records, day, start)


class Shop:
    """What an import needs, in memory."""

    def __init__(self) -> None:
        self.archive = FrailArchive()
        self.imports = MemoryImports()
        self.log = MemoryEventLog(2)
        self.clock = FixedClock(NOW_MS)
        self.void = VoidImport(self.log, self.clock, self.imports)
        self.rejects: list[Reject] = []
        self.declared = NOTHING_DECLARED
        self.rebuilds: list[int] = []
        self.broken = False
        self.followed: set[int] = set()

    def imports_files(
        self,
        *files: Path,
        mapping: ColumnMapping | None = None,
        max_rejects: int | None = None,
        replaces: int | None = None,
        again: bool = False,
        **columns: str,
    ) -> Imported:
        """Import files, by a mapping or by columns."""
        given = mapping or read_mapping(None, PLAIN | columns)
        read = ReadHistory(given, SECRET, silently, self.rejects.append, max_rejects, self.declared)
        run = ImportFiles(read, self.archive, self.imports, self.clock, self.rebuild, self.behind, self.void, again)
        return run(files, replaces)

    def rebuild(self) -> None:
        """Remember how many objects there were when the views were asked to follow."""
        if self.broken:
            raise UnavailableError("no views today")
        self.rebuilds.append(len(self.archive.objects))
        self.followed = self.counting()

    def counting(self) -> set[int]:
        """The imports that are in the log and not void."""
        return {entry.number for entry in self.imports.entries() if not entry.void}

    def behind(self) -> set[int]:
        """The imports that were begun or voided since the views were asked to follow."""
        return self.counting() ^ self.followed

    def amended(self) -> list[Event]:
        """The events of the stream: what was said about imports."""
        records = [one for shard in self.log.shards() for some in self.log.read_after(shard.name, None) for one in some]
        return [event for record in records for event in decode(record.data).events]

    def records(self) -> list[EventRecord]:
        """What lies in the archive, decoded."""
        return [decode(record.data) for record in self.archive.read()]


def table(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """A CSV file of these rows."""
    some = list(rows)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(some[0]))
        writer.writeheader()
        writer.writerows(some)
    return path


def visits(*rows: tuple[str, str, float]) -> list[dict[str, object]]:
    """Rows of a file: user, item, seconds since 1970."""
    return [dict(zip(("user", "item", "time"), row, strict=True)) for row in rows]
