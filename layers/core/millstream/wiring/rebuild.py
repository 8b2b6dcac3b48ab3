"""The use cases of the steps of a rebuild."""

from __future__ import annotations

from functools import cache

from millstream.adapters.aws.clients import Patience
from millstream.adapters.local.fold_code import fold_code
from millstream.adapters.local.system_clock import SystemClock
from millstream.application.replay.distributed import (
    CheckView,
    FoldTrends,
    FoldUsers,
    PlanRebuild,
    SplitArchive,
    SplitStream,
    SwitchView,
)
from millstream.wiring.adapters import FunctionWiring


@cache
def plan_rebuild() -> PlanRebuild:
    """The use case behind the state PlanRebuild."""
    wiring = FunctionWiring(Patience.LONG)
    return PlanRebuild(wiring.archive(), wiring.views(users=False), wiring.workspace, SystemClock().now_ms)


@cache
def split_archive() -> SplitArchive:
    """The use case behind the state SplitArchive."""
    wiring = FunctionWiring(Patience.LONG)
    return SplitArchive(wiring.archive(heads=False), wiring.workspace)


@cache
def split_stream() -> SplitStream:
    """The use case behind the state SplitStream."""
    wiring = FunctionWiring(Patience.LONG)
    return SplitStream(
        wiring.archive(heads=False),
        wiring.log_reader(),
        wiring.views(users=False),
        wiring.workspace,
        fold_code(),
        SystemClock().now_ms,
    )


@cache
def fold_users() -> FoldUsers:
    """The use case behind the state FoldUsers."""
    wiring = FunctionWiring(Patience.LONG)
    return FoldUsers(wiring.views(trends=False, patience=Patience.ADAPTER), wiring.workspace, fold_code())


@cache
def fold_trends() -> FoldTrends:
    """The use case behind the state FoldTrends."""
    wiring = FunctionWiring(Patience.LONG)
    return FoldTrends(wiring.views(users=False, patience=Patience.ADAPTER), wiring.workspace, fold_code())


@cache
def check_view() -> CheckView:
    """The use case behind the state CheckView."""
    wiring = FunctionWiring(Patience.LONG)
    return CheckView(wiring.views(trends=False), wiring.workspace, fold_code())


@cache
def switch_view() -> SwitchView:
    """The use case behind the state SwitchView."""
    wiring = FunctionWiring(Patience.LONG)
    return SwitchView(wiring.views(), wiring.log_reader(), wiring.workspace, fold_code())
