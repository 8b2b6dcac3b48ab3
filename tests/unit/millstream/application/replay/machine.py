"""The state machine of a rebuild in one thread, and a shop with something to rebuild."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from millstream.adapters.memory import MemoryWorkspace
from millstream.application.ports import UNHURRIED, Budget
from millstream.application.replay.distributed import (
    CheckView,
    FoldTrends,
    FoldUsers,
    PlanRebuild,
    SplitArchive,
    SplitStream,
    Switched,
    SwitchView,
)
from millstream.application.replay.plan import Choices
from millstream.domain.errors import NotDoneError
from tests.builders import NOW_MS, POISON, event, views
from tests.unit.millstream.application.replay.shop import ShopInMemory


@dataclass
class Machine:
    """The state machine of one shop, in one thread."""

    shop: ShopInMemory
    code: str = "code"
    now_ms: int = NOW_MS
    workspaces: dict[str, MemoryWorkspace] = field(default_factory=lambda: defaultdict(MemoryWorkspace))

    def __post_init__(self) -> None:
        views, archive, of = self.shop.views, self.shop.archive, self.workspaces.__getitem__
        self.plan = PlanRebuild(archive, views, of, lambda: self.now_ms)
        self.split_archive = SplitArchive(archive, of)
        self.split_stream = SplitStream(archive, self.shop.log, views, of, self.code, lambda: self.now_ms)
        self.fold_users = FoldUsers(views, of, self.code)
        self.fold_trends = FoldTrends(views, of, self.code)
        self.check_view = CheckView(views, of, self.code)
        self.switch_view = SwitchView(views, self.shop.log, of, self.code)

    def __call__(self, name: str = "one", partitions: int | None = 3, times: int = 1) -> Switched:
        """All states in their order, each call so many times."""
        self.until_switch(name, partitions, times)
        return self.switch_view(name, UNHURRIED)

    def until_switch(self, name: str = "one", partitions: int | None = 3, times: int = 1) -> None:
        """All states but the last."""
        for _ in range(times):
            plan = self.plan(name, Choices(partitions))
        for number in list(range(len(plan.slices))) * times:
            self.split_archive(name, number)
        for _ in range(times):
            begun = self.split_stream(name)
        for number in list(range(plan.partitions)) * times:
            self.fold_users(name, number, UNHURRIED)
        for shard in list(begun.shards) * times:
            self.in_turns(name, shard, UNHURRIED)
        for number in list(range(plan.partitions)) * times:
            self.check_view(name, number)

    def in_turns(self, name: str, shard: str, budget: Budget) -> int:
        """Fold a trend; how many turns that took."""
        for turn in range(1, 1000):
            try:
                self.fold_trends(name, shard, budget)
            except NotDoneError:
                continue
            return turn
        raise AssertionError(f"{shard} is never done")


def busy_shop() -> ShopInMemory:
    """A shop in which something has happened, archived in several objects, and not all of it."""
    shop = ShopInMemory()
    for turn in range(4):
        for user in ("ann", "bob", "cem", "eve"):
            shop.happens(user, *views(f"{user}-{turn}", "lamp", "vase"))
            shop.happens(user, event("lamp", event_id=f"{user} again"), event("lamp", event_id=f"{user} again"))
        shop.run()
    shop.put(POISON)
    shop.run()
    shop.erase("eve")
    shop.happens("ann", *views("desk"))
    shop.run_projector()
    return shop
