"""The ports: interfaces that the use cases need. `adapters` implements them."""

from __future__ import annotations

from millstream.application.ports.archive import (
    SLICE_BYTES,
    Archive,
    ArchivedObject,
    ArchiveSlice,
    Head,
    Listing,
    UnreadableObjectError,
)
from millstream.application.ports.catalogue import Catalogue, CatalogueChange
from millstream.application.ports.imports import ImportEntry, Imports
from millstream.application.ports.letters import BatchLetter, DeadLetter, DeadLetters, HeldLetter, UnknownLetter
from millstream.application.ports.log import EventLog, LogReader, LogRecord, LogShard, NotAllStoredError
from millstream.application.ports.models import ModelStore, PublishedModel, Scorer
from millstream.application.ports.time import ONCE, UNHURRIED, Budget, Clock
from millstream.application.ports.unreadable import OnUnreadable, ignore, raise_unreadable
from millstream.application.ports.views import (
    FIRST_VIEW,
    NO_ROW,
    FeatureStore,
    UserWrite,
    UserWriteReport,
    VersionedRow,
    Views,
    ViewVersion,
)
from millstream.application.ports.workspace import Workspace
