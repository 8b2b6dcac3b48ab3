"""The report of a choice, as Markdown: what the shop is like, what was chosen, what was tried, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from millstream.learning.choosing.proposing import MIB, Proposal
from millstream.learning.choosing.testing import Figures, Tested
from millstream.learning.choosing.trials import HITS, METRIC, Tried

TRIALS_SHOWN = 30


def summary(proposal: Proposal) -> Iterator[str]:
    """The choice in a few lines."""
    chosen = proposal.chosen
    yield f"Chosen: {chosen.trial}; a slate excludes: {chosen.repeats.exclude}"
    if proposal.tested is not None:
        whole = proposal.tested.slices["all"]
        yield f"Test, asked once: {_figures(whole)} on {whole.questions:,} questions"
        for one in proposal.tested.comparisons:
            interval = one.difference.interval
            yield f"  {_signed(interval.mean)} ± {interval.standard_error:.4f} {METRIC} against {one.other}"
    if chosen.tried:
        yield (
            f"{len(chosen.tried):,} trials, {chosen.spent:,.0f} of {chosen.limits.units:,.0f} units; "
            f"the search ended because {chosen.stopped}"
        )
    for family, why in chosen.left_out.items():
        yield f"Not tried: {family} ({why})"
    for warning in proposal.warnings:
        yield f"Warning: {warning}"


def markdown(proposal: Proposal) -> str:
    """The whole report."""
    return "\n".join(_lines(proposal)) + "\n"


def _lines(proposal: Proposal) -> Iterator[str]:
    chosen = proposal.chosen
    yield f"# How {proposal.fitted.version} was chosen"
    yield ""
    yield from (f"* {line}" for line in summary(proposal))
    yield ""
    yield "## The shop"
    yield ""
    yield from (f"* {line}" for line in chosen.shop.lines())
    if proposal.tested is not None:
        yield from _test(proposal.tested)
    if chosen.tried:
        yield from _trials(chosen.tried)
        yield from _budget(proposal)
    if chosen.refused:
        yield from ("", "## Not fitted", "")
        yield from (f"* {key}: {why}" for key, why in chosen.refused.items())


def _test(result: Tested) -> Iterator[str]:
    yield from ("", "## Test", "", f"{result.protocol}. These questions were asked once, after the choice.", "")
    yield f"| | questions | {HITS} | {METRIC} | difference | p (Holm) |"
    yield "|---|---:|---:|---:|---:|---:|"
    whole = result.slices["all"]
    yield f"| chosen, as it serves | {whole.questions:,} | {whole.hits:.4f} | {whole.ndcg:.4f} | | |"
    for one in result.comparisons:
        other, interval = result.others[one.other], one.difference.interval
        yield (
            f"| {one.other} | {other.questions:,} | {other.hits:.4f} | {other.ndcg:.4f} "
            f"| {_signed(interval.mean)} ± {interval.standard_error:.4f} | {one.p:.3f} |"
        )
    yield from (
        "",
        f"A request takes {result.request_ms:.2f} ms of CPU; the folder has {result.served_bytes / MIB:,.1f} MiB.",
    )
    yield from ("", f"| part of the questions | questions | {HITS} | {METRIC} |", "|---|---:|---:|---:|")
    for name, figures in result.slices.items():
        yield f"| {name} | {figures.questions:,} | {figures.hits:.4f} | {figures.ndcg:.4f} |"


def _trials(tried: Sequence[Tried]) -> Iterator[str]:
    yield from ("", "## Trials", "")
    best = sorted(tried, key=lambda one: (-len(one.outcome.values), -one.outcome.mean))[:TRIALS_SHOWN]
    if len(best) < len(tried):
        yield f"The best {len(best)} of {len(tried):,} on the validation questions; the JSON file has all."
        yield ""
    yield f"| stage | model | excluded | questions | {HITS} | {METRIC} | units |"
    yield "|---|---|---|---:|---:|---:|---:|"
    for one in best:
        outcome = one.outcome
        yield (
            f"| {one.stage} | {one.trial} | {one.exclude} | {len(outcome.values):,} | {outcome.hits.mean():.4f} "
            f"| {outcome.mean:.4f} ± {outcome.standard_error:.4f} | {outcome.units:,.1f} |"
        )


def _budget(proposal: Proposal) -> Iterator[str]:
    chosen = proposal.chosen
    yield from ("", "## Budget", "")
    yield (
        f"{chosen.spent:,.0f} of {chosen.limits.units:,.0f} units were spent (a unit is about a CPU second); the "
        f"search ended because {chosen.stopped}. Seed {chosen.seed}."
    )
    early, late = _best_by_half(chosen.tried)
    if early is not None and late is not None:
        yield (
            f"The best model after half of the units had {METRIC} {early:.4f} on the validation questions, the best "
            f"after all {late:.4f}: {_signed(late - early)} for the second half is what a doubled budget may bring."
        )
    for family, why in chosen.left_out.items():
        yield f"Not tried: {family} ({why})."


def _best_by_half(tried: Sequence[Tried]) -> tuple[float | None, float | None]:
    """The best mean on all questions among the trials of the first half of the units, and among all."""
    most = max(len(one.outcome.values) for one in tried)
    total, spent = sum(one.outcome.units for one in tried), 0.0
    early = late = None
    for one in tried:
        spent += one.outcome.units
        if len(one.outcome.values) == most:
            late = max(late or 0.0, one.outcome.mean)
            early = late if spent <= total / 2 else early
    return early, late


def _figures(figures: Figures) -> str:
    return f"{HITS} {figures.hits:.4f}, {METRIC} {figures.ndcg:.4f}"


def _signed(value: float) -> str:
    return f"{value:+.4f}"
