"""`python -m tests.bench [NAME …] [--json FILE] [--markdown] [--tiny]`: run benchmarks, print tables, write JSON."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from tests.bench.catalogue import NAMES, benchmark
from tests.bench.reporting import markdown, show, write_json

RESULTS = Path(".millstream/bench")
WIDTH_OF_A_FILE = 140


def main() -> None:
    """Read the command line and run what it names."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all without one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results there too")
    parser.add_argument("--markdown", action="store_true", help="print the tables as README.md has them")
    parser.add_argument("--tiny", action="store_true", help="only see that everything runs")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}, only {', '.join(NAMES)}")
    console, reports = Console(), []
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    for name in arguments.names or NAMES:
        report = benchmark(name)(tiny=arguments.tiny)
        if arguments.markdown:
            print(markdown(report))  # to be copied as it is
        else:
            show(report, console)
        write_json([report], RESULTS / f"{name}.json")
        reports.append(report)
    if arguments.json:
        write_json(reports, arguments.json)


main()
