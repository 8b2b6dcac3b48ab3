"""The benchmarks by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from tests.bench.reporting import Report

NAMES = (
    "fold",
    "projector",
    "rows",
    "rebuild",
    "retrain",
    "scale",
    "importing",
    "recommend",
    "encoder",
    "whole_catalogue",
    "imports",
)


def benchmark(name: str) -> Callable[..., Report]:
    """`run(tiny=…)` of a benchmark; imported only now, so that one can be run without the packages of the others."""
    module = import_module(f"tests.bench.{name}")

    def run(*, tiny: bool) -> Report:
        report: Report = module.run(module.TINY if tiny else module.FULL)
        return report

    return run
