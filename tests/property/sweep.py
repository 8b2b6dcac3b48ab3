"""A whole stack to which anything may happen, in any order, and which must still be what its log says.

`World.play` lets one step happen. A step may hold others, which happen while it is under way, before a call of its
program that is named. `World.check` delivers and archives what is left, verifies, rebuilds and verifies again, and
compares the rows and the counts with an account of the log in the simplest words.

Long, because the steps and what each does to the world are one list: a step is read beside its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, Protocol

from millstream.adapters.memory import FixedClock, MemoryArchive, MemoryDeadLetters, MemoryViews, MemoryWorkspace
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.collect.archive_events import ArchiveEvents, Arrival
from millstream.application.ports import (
    UNHURRIED,
    Archive,
    Budget,
    DeadLetter,
    DeadLetters,
    LogReader,
    LogRecord,
    Views,
    Workspace,
)
from millstream.application.project.discard_letter import DiscardLetter
from millstream.application.project.letters import filed_letters
from millstream.application.project.project_events import Projected, ProjectEvents
from millstream.application.project.redrive_letter import RedriveLetter
from millstream.application.replay.plan import Choices
from millstream.application.replay.progress import silently
from millstream.application.replay.rebuild import Rebuild
from millstream.application.replay.users import Tally
from millstream.application.replay.verify import Verification, Verify
from millstream.domain.errors import ConflictError, InvalidRecordError, UnavailableError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import decode, encode
from millstream.domain.views import trend_row, user_row
from tests.builders import NOW_MS, subject
from tests.other_code import newer_code, older_code
from tests.property.account import Account
from tests.property.law import CrashError
from tests.property.racing import Racer, race
from tests.property.reshards import Merge, Split
from tests.property.trouble import Fate, Trouble, Troubled, TroubledArchive

DAYS = ("2026-11-22", "2026-11-23")
TODAY = "today's code"


@dataclass(frozen=True)
class Put:
    """A record enters the log, under its subject's key; what nobody can read under a key of its own."""

    data: bytes
    key: str = "some key"


@dataclass(frozen=True)
class PutAgain:
    """A client had no answer and sends what is in the log already; this record, modulo."""

    which: int


@dataclass(frozen=True)
class Erase:
    """A user wants to be forgotten."""

    user: str


@dataclass(frozen=True)
class Deliver:
    """A projector gets a batch of a shard: from `back` records before what is done, and `size` long.

    It dies, answers are lost, rows are refused, and others act meanwhile, as `Fate` says. Warm projectors remember the
    version of the views that served when they looked.
    """

    shard: int = 0
    back: int = 0
    size: int = 1
    calls: int | None = None
    torn: int = 0
    unheard: str | None = None
    refused: frozenset[Pseudonym] = frozenset()
    meanwhile: tuple[Meanwhile, ...] = ()
    warm: int = 0


@dataclass(frozen=True)
class Race:
    """Two projectors at once on one shard, call by call; the first one's answer counts."""

    first: Deliver
    second: Deliver
    turns: tuple[bool, ...] = ()


@dataclass(frozen=True)
class File:
    """The archivist gets a batch of a shard, whose first records came on one day and the others on the next."""

    shard: int = 0
    back: int = 0
    size: int = 1
    first_day: int = 99
    calls: int | None = None
    heard: bool = True


@dataclass(frozen=True)
class Retain:
    """The stream forgets what is projected and archived."""


@dataclass(frozen=True)
class Replay:
    """A rebuild: one that was killed goes on, or a fresh one begins."""

    partitions: int = 1
    calls: int | None = None
    torn: int = 0
    unheard: str | None = None
    meanwhile: tuple[Meanwhile, ...] = ()
    afresh: bool = False


@dataclass(frozen=True)
class Drop:
    """A version that does not serve is deleted; one that is newer than the serving one is not."""

    which: int


@dataclass(frozen=True)
class Answer:
    """Somebody redrives or discards a dead letter."""

    which: int
    repaired: bytes | None = None
    discard: bool = False
    calls: int | None = None


@dataclass(frozen=True)
class Formerly:
    """Before all else: steps in which the code before user rows of format 2 was deployed."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Newer:
    """Code that writes another format is deployed, these steps happen, and it is taken back."""

    steps: tuple[Step, ...]


Step = (
    Put | PutAgain | Erase | Deliver | Race | File | Split | Merge | Retain | Replay | Drop | Answer | Formerly | Newer
)


@dataclass(frozen=True)
class Meanwhile:
    """What others do before the n-th call (from 0) of a name."""

    call: str
    number: int
    steps: tuple[Step, ...]


class Stack(Protocol):
    """What a world stands on. A port is made for one program, with the trouble that this program is in."""

    log: Any
    reader: LogReader

    def views(self, trouble: Trouble) -> Views: ...

    def archive(self, trouble: Trouble) -> Archive: ...

    def letters(self, trouble: Trouble) -> DeadLetters: ...

    def as_seen(self, port: Any, trouble: Trouble) -> Any: ...

    def workspace(self) -> Workspace: ...


class StackInMemory:
    """A Stack."""

    def __init__(self, shards: int = 1) -> None:
        self.log = MemoryEventLog(shards)
        self.reader: LogReader = self.log
        self._views = MemoryViews()
        self._archive = MemoryArchive()
        self._letters = MemoryDeadLetters()

    def views(self, trouble: Trouble) -> Views:
        views: Views = Troubled(self._views, trouble)
        return views

    def archive(self, trouble: Trouble) -> Archive:
        archive: Archive = TroubledArchive(self._archive, trouble)
        return archive

    def letters(self, trouble: Trouble) -> DeadLetters:
        letters: DeadLetters = Troubled(self._letters, trouble)
        return letters

    def as_seen(self, port: Any, trouble: Trouble) -> Any:
        return Troubled(port, trouble)

    def workspace(self) -> Workspace:
        return MemoryWorkspace()


class Projector:
    """One warm function; it is gone after a crash."""

    def __init__(self, stack: Stack, sent: set[Position]) -> None:
        self.trouble = Trouble()
        self._letters = stack.letters(self.trouble)
        self._project = ProjectEvents(stack.views(self.trouble), self)
        self._sent = sent

    def __call__(self, batch: Sequence[LogRecord]) -> Projected:
        return self._project(batch[0].position.shard, batch)

    def send(self, letter: DeadLetter, budget: Budget = UNHURRIED) -> None:
        """See DeadLetters: noted for the account of all that were ever sent."""
        self._letters.send(letter, budget)
        self._sent.add(letter.position)


@dataclass
class Unfinished:
    """A rebuild that was killed. Once others have begun a rebuild, or for other code, it may be refused.

    `deployments` is how often other code had been deployed when it began; `is_repair` says that rows of such code lay
    there then.
    """

    workspace: Workspace
    code: str
    deployments: int
    is_repair: bool
    was_disturbed: bool = False


@dataclass
class World:
    """A stack, who works in it, and how far Lambda believes each shard to be projected and archived."""

    stack: Stack = field(default_factory=StackInMemory)
    journal: dict[str, list[LogRecord]] = field(default_factory=dict)
    dead_lettered: set[Position] = field(default_factory=set)
    projected: dict[str, int] = field(default_factory=dict)
    archived: dict[str, int] = field(default_factory=dict)
    forgotten: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._parents: dict[str, tuple[str, ...]] = {}
        self._open: set[str] = set()
        self._erasures: list[tuple[Pseudonym, Position]] = []
        self._projectors: list[Projector] = []
        self._unfinished: list[Unfinished] = []
        self._under_way: list[Unfinished] = []
        self._clock_ms = count(NOW_MS)
        self._code = TODAY
        self._deployments = 0
        self._has_old_rows = False
        self._has_newer_rows = False
        self._note_shards()

    def play(self, step: Step) -> None:  # noqa: C901, PLR0912  # one case a step
        """Let one step happen."""
        match step:
            case Put(data, key):
                record = _read(data)
                self.append(key if record is None else record.subject.hex(), data)
            case PutAgain(which):
                if everything := [*chain.from_iterable(self.journal.values())]:
                    _, key, data = everything[which % len(everything)]
                    self.append(key, data)
            case Erase(user):
                at_ms = next(self._clock_ms)
                erased = Event(EventKind.UserErased, f"erase-{at_ms}", None, at_ms, None, {})
                self.play(Put(encode(EventRecord(subject(user), at_ms, (erased,)))))
            case Deliver():
                self._deliver(step)
            case Race():
                self._race(step)
            case File():
                self._file(step)
            case Split(place):
                shards = self.stack.log.open_shards()
                self.stack.log.split(shards[place % len(shards)])
                self._note_shards()
            case Merge(place):
                shards = self.stack.log.open_shards()
                if len(shards) > 1:
                    place %= len(shards) - 1
                    self.stack.log.merge(shards[place], shards[place + 1])
                    self._note_shards()
            case Retain():
                self._retain()
            case Replay():
                self._replay(step)
            case Drop(which):
                self._drop(which)
            case Answer():
                self._answer(step)
            case Formerly(steps):
                self._has_old_rows = True
                with older_code():
                    self._play_under("older code", steps)
            case Newer(steps):
                self._has_newer_rows = True
                with newer_code():
                    self._play_under("newer code", steps)

    def _play_under(self, code: str, steps: Sequence[Step]) -> None:
        self._deployments += 1
        self._code, taken_back_to = code, self._code
        try:
            for step in steps:
                self.play(step)
        finally:
            self._code = taken_back_to

    def append(self, partition_key: str, data: bytes, budget: Budget = UNHURRIED) -> Position:
        """See EventLog: everything that the log takes in is noted here too."""
        position: Position = self.stack.log.append(partition_key, data, budget)
        self.journal[position.shard].append(LogRecord(position, partition_key, data))
        record = _read(data)
        if record is not None and record.events[0].kind is EventKind.UserErased:
            self._erasures.append((record.subject, position))
        return position

    def check(self) -> None:
        """Raises AssertionError unless the views are what the log says, after all of this and after a rebuild."""
        self.settle()
        before = self.check_views(partitions=1)
        for shard in self.journal:
            while self.archived[shard] < len(self.journal[shard]):
                self._file_records(shard, File(size=7))
        assert self.check_views(partitions=3).live == before.live, "another way of reading gave another digest"
        self._replay(Replay(partitions=2, afresh=True))
        after = self.check_views(partitions=2)
        assert after.view.number > before.view.number
        assert set(self._erased(after)) == self._ever_erased()

    def check_views(self, partitions: int = 1) -> Verification:
        """Raises AssertionError unless the views are what the log says, of which all is delivered."""
        found = self.verify(partitions)
        assert found.equal, f"{found.different} rows differ: {found.differences}"
        assert found.live == found.log
        account = Account(self._log(), self._erased(found))
        assert found.tally == Tally(
            records=account.records,
            dead=len(account.dead),
            events=account.events,
            applied=account.applied,
            duplicates=account.duplicates,
            uncounted=account.uncounted,
            hidden=account.hidden,
        )
        counted = account.applied + account.duplicates + account.uncounted + account.hidden
        assert account.events == counted, "accepted = applied + duplicates + dead"
        assert self.dead_lettered == account.dead, "not each record that nobody can read is with the dead letters"
        self._check_rows(account, found.view.number)
        return found

    def _check_rows(self, account: Account, view: int, *, are_exact: bool = True) -> None:
        """Rows that were of format 1 are not exact: what they remember is what they had room for."""
        store = self.stack.views(Trouble()).store(view)
        states = {user: user_row.unpack(row.data) for user, row in store.all_users()}
        assert states.keys() == account.users.keys()
        for user, state in states.items():
            known = account.users[user]
            assert state.applied == known.applied, "events were lost or counted twice"
            assert state.duplicates == known.duplicates, "repeated events were miscounted"
            assert [(one.item, one.kind) for one in state.recent()] == list(reversed(known.recent))
            if are_exact:
                assert [(one.item, one.kind, one.day) for one in state.remembered()] == list(reversed(known.opinions))
        trends = {shard: trend_row.unpack(row.data).weights for shard, row in store.read_trends().items()}
        assert trends == account.trends, "the trends are not what the log says"

    def verify(self, partitions: int = 1) -> Verification:
        """`millstream verify`."""
        quiet = Trouble()
        return Verify(
            self.stack.views(quiet), self.stack.archive(quiet), self.stack.reader, self.stack.workspace(), lambda: None
        )(silently, partitions)

    def _log(self) -> Iterator[LogRecord]:
        for shard in sorted(self.journal, key=shard_number):
            yield from self.journal[shard]

    def _erased(self, found: Verification) -> dict[Pseudonym, Position]:
        """The last erasure of each user that this version was built without."""
        until = found.view.amended_to
        return {
            user: position
            for user, position in sorted(self._erasures, key=_place)
            if position.sequence_number <= until.get(position.shard, -1)
        }

    def _ever_erased(self) -> set[Pseudonym]:
        return {user for user, _ in self._erasures}

    def settle(self) -> None:
        """Deliver what is left, with nothing in the way; if other code wrote rows, a person rebuilds the views."""
        for shard in sorted(self.journal, key=shard_number):
            for _ in range(len(self.journal[shard]) + 1):
                if self.projected[shard] == len(self.journal[shard]):
                    break
                self._project(shard, Deliver(size=10_000))
            else:
                raise AssertionError(f"stuck at record {self.projected[shard]} of {shard}")
        if self._has_old_rows or self._has_newer_rows:
            found = self.verify(partitions=2)
            if not self._has_newer_rows:
                self._check_rows(Account(self._log(), self._erased(found)), found.view.number, are_exact=False)
            self._replay(Replay(partitions=2, afresh=True))
            while self._unfinished:
                self._replay(Replay(partitions=2))

    def _note_shards(self) -> None:
        shards = self.stack.reader.shards()
        self._open = {shard.name for shard in shards if not shard.closed}
        for shard in shards:
            self._parents.setdefault(shard.name, shard.parents)
            self.journal.setdefault(shard.name, [])
            for reached in (self.projected, self.archived, self.forgotten):
                reached.setdefault(shard.name, 0)

    def _deliverable(self) -> list[str]:
        """Shards whose parents are done; those first in which something is new."""
        able = [shard for shard in self.journal if all(map(self._is_done, self._ancestors(shard)))]
        new = [shard for shard in able if self.projected[shard] < len(self.journal[shard])]
        return new or able

    def _is_done(self, shard: str) -> bool:
        return shard not in self._open and self.projected[shard] == len(self.journal[shard])

    def _ancestors(self, shard: str) -> Iterator[str]:
        for parent in self._parents[shard]:
            if parent in self._parents:
                yield parent
                yield from self._ancestors(parent)

    def _batch(self, shard: str, step: Deliver | File, done: int) -> tuple[int, list[LogRecord]]:
        start = max(self.forgotten[shard], done - step.back)
        return start, self.journal[shard][start : start + step.size]

    def _deliver(self, step: Deliver) -> None:
        shards = self._deliverable()
        self._project(shards[step.shard % len(shards)], step)

    def _project(self, shard: str, step: Deliver) -> None:
        start, batch = self._batch(shard, step, self.projected[shard])
        if batch:
            projector = self._idle_projector(step.warm)
            self._settle_outcome(start, batch, self._outcome(projector, step, lambda: projector(batch)))

    def _outcome(self, projector: Projector, step: Deliver, call: Callable[[], Projected]) -> Projected | None:
        projector.trouble.begin(self._fate(step))
        try:
            return call()
        except CrashError:
            self._projectors.remove(projector)
            return None
        except (InvalidRecordError, UnavailableError):
            return None  # Lambda delivers the batch again
        finally:
            projector.trouble.end()

    def _race(self, step: Race) -> None:
        shards = self._deliverable()
        shard = shards[step.first.shard % len(shards)]
        start, batch = self._batch(shard, step.first, self.projected[shard])
        _, other = self._batch(shard, step.second, self.projected[shard])
        if not batch or not other:
            return
        first, second = self._racer(step.first, batch), self._racer(step.second, other)
        race(first, second, step.turns)
        for racer in (first, second):
            if racer.error is not None:
                raise racer.error
        result = first.result
        self._settle_outcome(start, batch, result if isinstance(result, Projected) else None)

    def _racer(self, step: Deliver, batch: Sequence[LogRecord]) -> Racer:
        projector = self._idle_projector(step.warm)
        trouble = projector.trouble

        def run(turnstile: Any) -> Projected | None:
            # Each of the projector's calls waits for its turn, and then is asked about as ever.
            trouble.may_go_on = turnstile.may_go_on  # type: ignore[method-assign]
            try:
                return self._outcome(projector, step, lambda: projector(batch))
            finally:
                del trouble.may_go_on

        trouble.is_busy = True
        return Racer(run, _Asked(trouble))

    def _settle_outcome(self, start: int, batch: Sequence[LogRecord], outcome: Projected | None) -> None:
        """What Lambda does with an answer: go on behind the batch, or from the record that failed; else try again."""
        if outcome is None:
            return
        reached = start + len(batch)
        if outcome.failed_from is not None:
            reached = next(place for place, one in enumerate(batch, start) if one.position == outcome.failed_from)
        shard = batch[0].position.shard
        # A batch that was only delivered again cannot take back what is done.
        self.projected[shard] = max(self.projected[shard], reached)

    def _idle_projector(self, place: int) -> Projector:
        idle = [one for one in self._projectors if not one.trouble.is_busy]
        if place < len(idle):
            return idle[place]
        self._projectors.append(Projector(self.stack, self.dead_lettered))
        return self._projectors[-1]

    def _file(self, step: File) -> None:
        shards = [shard for shard in self.journal if self.archived[shard] < len(self.journal[shard])]
        shards = shards or list(self.journal)
        self._file_records(shards[step.shard % len(shards)], step)

    def _file_records(self, shard: str, step: File) -> None:
        start, batch = self._batch(shard, step, self.archived[shard])
        if not batch:
            return
        trouble = Trouble()
        trouble.begin(Fate(step.calls))
        try:
            ArchiveEvents(self.stack.archive(trouble))(
                [Arrival(record, DAYS[place >= step.first_day]) for place, record in enumerate(batch)]
            )
        except (CrashError, UnavailableError):
            return
        if step.heard:
            self.archived[shard] = max(self.archived[shard], start + len(batch))

    def _retain(self) -> None:
        """A rebuild that was begun before lies longer than the stream's memory, and nobody may go on with it."""
        needed = [
            held[min(self.projected[shard], self.archived[shard])].position.sequence_number
            for shard, held in self.journal.items()
            if min(self.projected[shard], self.archived[shard]) < len(held)
        ]
        newest = max((held[-1].position.sequence_number for held in self.journal.values() if held), default=0)
        oldest = min(needed, default=newest + 1)
        self.stack.log.forget_before(oldest)
        for shard, held in self.journal.items():
            self.forgotten[shard] = sum(record.position.sequence_number < oldest for record in held)
        self._unfinished.clear()

    def _replay(self, step: Replay) -> None:
        if step.afresh:
            self._unfinished.clear()
        mine = self._unfinished.pop() if self._unfinished else None
        if mine is None:
            self._disturb()
            is_repair = self._has_old_rows or self._has_newer_rows
            mine = Unfinished(
                self.stack.workspace(), self._code, self._deployments, is_repair, was_disturbed=bool(self._under_way)
            )
        mine.was_disturbed |= mine.code != self._code
        trouble = Trouble()
        trouble.begin(self._fate(step))
        rebuild = Rebuild(
            self.stack.views(trouble),
            self.stack.archive(trouble),
            self.stack.as_seen(self.stack.reader, trouble),
            self.stack.as_seen(mine.workspace, trouble),
            self._code,
            lambda: next(self._clock_ms),
        )
        self._under_way.append(mine)
        try:
            rebuilt = rebuild(silently, Choices(step.partitions))
            if not (self._ever_erased() or mine.is_repair or mine.deployments < self._deployments):
                assert not rebuilt.different, "a rebuild found rows that are not what the log says"
            if mine.code == self._code == TODAY and mine.deployments == self._deployments:
                self._has_old_rows = self._has_newer_rows = False
        except (CrashError, UnavailableError):
            self._unfinished = [mine]
        except ConflictError:
            if not mine.was_disturbed:
                raise
        finally:
            self._under_way.remove(mine)

    def _disturb(self) -> None:
        for one in (*self._unfinished, *self._under_way):
            one.was_disturbed = True

    def _drop(self, which: int) -> None:
        views = self.stack.views(Trouble())
        others = [one.number for one in views.versions() if one.number != views.serving()]
        if others:
            number = others[which % len(others)]
            try:
                list(views.drop(number))
            except ConflictError:
                assert number > views.serving()

    def _answer(self, step: Answer) -> None:
        trouble = Trouble()
        letters = self.stack.letters(trouble)
        filed = filed_letters(letters)
        if not filed:
            return
        log, clock = Troubled(self, trouble), FixedClock(next(self._clock_ms))
        trouble.begin(Fate(step.calls))
        try:
            if step.discard:
                DiscardLetter(letters, log, clock)(filed[step.which % len(filed)])
            else:
                archive = self.stack.archive(Trouble())
                redrive = RedriveLetter(letters, log, archive, self.stack.reader, clock, "the archivist")
                redrive(filed[step.which % len(filed)], step.repaired)
        except (CrashError, InvalidRecordError, UnavailableError):
            pass

    def _fate(self, step: Deliver | Replay) -> Fate:
        def playing(steps: Sequence[Step]) -> Callable[[], None]:
            def play() -> None:
                for one in steps:
                    self.play(one)

            return play

        before = {(one.call, one.number): playing(one.steps) for one in step.meanwhile}
        return Fate(
            step.calls, step.torn, step.unheard, before, step.refused if isinstance(step, Deliver) else frozenset()
        )


class _Asked:
    """A projector's trouble, asked through a racer's turnstile."""

    def __init__(self, trouble: Trouble) -> None:
        self.may_go_on = trouble.may_go_on


def _read(data: bytes) -> EventRecord | None:
    try:
        return decode(data)
    except InvalidRecordError:
        return None


def _place(erasure: tuple[Pseudonym, Position]) -> tuple[int, int]:
    _, position = erasure
    return shard_number(position.shard), position.sequence_number
