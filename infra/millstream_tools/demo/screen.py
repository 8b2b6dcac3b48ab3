"""The demo's terminal output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from millstream.application.replay.progress import Advance
from millstream.application.replay.progress import Progress as Steps
from millstream.learning.choosing.proposing import Proposal
from millstream_tools.demo.opening import Opening
from millstream_tools.demo.proof import Proof
from millstream_tools.demo.reconciliation import Reconciliation
from millstream_tools.demo.report import ArmReport, Report
from millstream_tools.terminal import escape


def progress(console: Console) -> Progress:
    """A progress bar with a count and the elapsed time, removed when done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def steps(bars: Progress) -> Steps:
    """Progress bars for the steps of long work, each removed when done."""

    @contextmanager
    def begun(step: str, total: int | None) -> Iterator[Advance]:
        task = bars.add_task(step, total=total)
        yield partial(bars.advance, task)
        bars.remove_task(task)

    return begun


def print_choice(console: Console, proposal: Proposal) -> None:
    """Print what was chosen among how many, and its metrics on the last part of the history, beside the default's."""
    chosen = proposal.chosen
    console.print(f"   Chosen among {len(chosen.tried):,} trials: {chosen.trial}.", highlight=False)
    for means in proposal.fitted.metrics.values():
        values = ", ".join(f"{name} {mean:.4f}" for name, mean in means.items())
        console.print(f"   Fitted on the first four fifths of the history, evaluated on the last: {values}.")
    for one in proposal.tested.comparisons if proposal.tested else ():
        interval = one.difference.interval
        console.print(f"   NDCG@10 {interval.mean:+.4f} ± {interval.standard_error:.4f} against {one.other}.")


def _score(score: float) -> str:
    """Three decimals; a small score of a model keeps three digits."""
    return f"{score:.3f}" if score == 0 or abs(score) >= 0.001 else f"{score:.2e}"


def slate_table(title: str, answer: dict[str, Any], new: frozenset[str] = frozenset()) -> Table:
    """A slate; items that are new are marked."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in ("", "item", "score", "source", "reason"):
        table.add_column(heading, justify="right" if heading == "score" else "left", no_wrap=heading == "score")
    for place, item in enumerate(answer["itemList"], 1):
        mark = "[green]new[/]" if item["itemId"] in new else f"{place:3}"
        table.add_row(mark, escape(item["name"]), _score(item["score"]), item["source"], escape(item["reason"]))
    return table


def print_opening(console: Console, opening: Opening) -> None:
    """Print the recommendations before, the events, and the recommendations after."""
    console.print(f"\n[bold]A customer[/] {escape(opening.user_id)}: {opening.reason}")
    console.print(slate_table("[bold]1. Recommended now", opening.before))
    console.print("\n[bold]2. What they do next")
    for event in opening.sent:
        console.print(f"   {event['eventType']}  {escape(event['name'])}")
    console.print()
    console.print(slate_table("[bold]3. Recommended after that", opening.after, frozenset(opening.arrived)))
    made_by = opening.after["provenance"]
    console.print(
        f"\n   {len(opening.arrived)} of {len(opening.after['itemList'])} items are new, visible "
        f"{opening.visible_after_ms:.0f} ms after the events were accepted.\n"
        f"   Computed from position {made_by['userPosition']} by {made_by['modelVersion']}, "
        f"policy {made_by['policy']}, tier {made_by['tier']}."
    )


def print_report(console: Console, report: Report) -> None:
    """Print the report of the stream."""
    console.print("\n[bold]4. The remaining days")
    counted = report.reconciliation
    console.print(_events_table(counted))
    verdict = "They add up" if counted.adds_up else "THEY DO NOT ADD UP"
    console.print(
        f"   {verdict}: sent = accepted + rejected; accepted = applied + known (duplicates) + dead-lettered.\n"
        f"   {counted.users_equal:,} of {counted.users:,} users' rows equal a clean fold, byte for byte."
    )
    console.print(
        f"   {report.events_per_second:,.0f} events/s over {report.stream_seconds:.0f} s.  Event to recommendation: "
        f"{_times(report.freshness_ms)}.  Recommend: {_times(report.latency_ms)} ({report.stale_answers} answers were "
        f"stale and requested again).\n   Times are of the local cloud on this machine; they say nothing about AWS."
    )
    if report.hit_at_10:
        console.print(_hits_table(report))
    if report.arms:
        console.print(_arms_table(report.arms))
    _print_proof(console, report.proof)
    for problem in report.problems:
        console.print(f"[bold red]Problem:[/] {problem}")
    console.print(f"\n   {report.wall_seconds:.0f} s in total.")


def _print_proof(console: Console, proof: Proof) -> None:
    console.print("\n[bold]5. The proof[/]: every row is compared with a fresh fold of the log, then all are rebuilt")
    console.print(f"   live     {proof.live}\n   log      {proof.log}\n   rebuilt  {proof.rebuilt}", highlight=False)
    verdict = "Equal" if proof.holds else f"NOT EQUAL: {proof.different} rows differ"
    console.print(
        f"   {verdict}: {proof.users:,} users, {proof.shards} shards, {proof.records:,} records. Verified in "
        f"{proof.verify_seconds:.0f} s, rebuilt in {proof.rebuild_seconds:.0f} s.",
        highlight=False,
    )


def _times(times: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {value:.0f} ms" for name, value in times.items() if value is not None)


def _events_table(counted: Reconciliation) -> Table:
    table = Table(box=None, pad_edge=False)
    rows = ("sent", "accepted", "rejected", "applied", "known", "dead_lettered")
    for name in rows:
        table.add_column(name.replace("_", "-"), justify="right")
    table.add_row(*(f"{getattr(counted, name):,}" for name in rows))
    return table


def _hits_table(report: Report) -> Table:
    table = Table(title=f"[bold]hit@10 on {report.probes:,} probes", title_justify="left", box=None, pad_edge=False)
    table.add_column("recommendations")
    table.add_column("hit@10", justify="right")
    for name, rate in report.hit_at_10.items():
        table.add_row(name, f"{rate:.4f}")
    return table


def _arms_table(arms: tuple[ArmReport, ...]) -> Table:
    table = Table(title="[bold]What customers did with the slates", title_justify="left", box=None, pad_edge=False)
    for heading in ("slates of", "shown", "clicks", "purchases", "click rate", "true", "purchase rate", "true"):
        table.add_column(heading, justify="left" if heading == "slates of" else "right")
    for arm in arms:
        table.add_row(
            arm.arm,
            f"{arm.shown:,}",
            f"{arm.clicks:,}",
            f"{arm.purchases:,}",
            f"{arm.click_rate:.4f}",
            f"{arm.true_click_rate:.4f}",
            f"{arm.purchase_rate:.4f}",
            f"{arm.true_purchase_rate:.4f}",
        )
    return table
