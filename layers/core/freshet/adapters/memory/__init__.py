"""Every port in memory: for a test, for a notebook, for a shop small enough. Same contracts, same refusals."""

from __future__ import annotations

from freshet.adapters.memory.archive import MemoryArchive
from freshet.adapters.memory.catalogue import MemoryCatalogue
from freshet.adapters.memory.clock import FixedClock
from freshet.adapters.memory.imports import MemoryImports
from freshet.adapters.memory.letters import MemoryDeadLetters
from freshet.adapters.memory.log import MemoryEventLog
from freshet.adapters.memory.models import MemoryModelStore
from freshet.adapters.memory.views import MemoryFeatureStore, MemoryViews
from freshet.adapters.memory.workspace import MemoryWorkspace

__all__ = [
    "FixedClock",
    "MemoryArchive",
    "MemoryCatalogue",
    "MemoryDeadLetters",
    "MemoryEventLog",
    "MemoryFeatureStore",
    "MemoryImports",
    "MemoryModelStore",
    "MemoryViews",
    "MemoryWorkspace",
]
