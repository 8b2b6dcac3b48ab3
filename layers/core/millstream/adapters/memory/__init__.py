"""Every port in memory, for tests, notebooks and small shops, with the same contracts and errors."""

from __future__ import annotations

from millstream.adapters.memory.archive import MemoryArchive
from millstream.adapters.memory.catalogue import MemoryCatalogue
from millstream.adapters.memory.clock import FixedClock
from millstream.adapters.memory.imports import MemoryImports
from millstream.adapters.memory.letters import MemoryDeadLetters
from millstream.adapters.memory.log import MemoryEventLog
from millstream.adapters.memory.models import MemoryModelStore
from millstream.adapters.memory.views import MemoryFeatureStore, MemoryViews
from millstream.adapters.memory.workspace import MemoryWorkspace
