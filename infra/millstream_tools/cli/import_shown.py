"""Imports as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

import yaml

from millstream.application.ports import ImportEntry
from millstream_tools.cli.console import print_line
from millstream_tools.readers.guessing import Guess
from millstream_tools.readers.reading import History
from millstream_tools.readers.records import as_records
from millstream_tools.readers.tally import Tally

FIRST_EVENTS = 5
MOST_REASONS = 10


def show_tally(tally: Tally, where: str) -> None:
    """Print the counts of an import; `where` says where the rejected rows are."""
    lines = [
        f"rows      {tally.rows:,}",
        *([_lines(tally)] if tally.blank_lines or tally.lines - tally.header_lines != tally.rows else []),
        f"events    {tally.events:,}",
        f"rejected  {tally.rejected:,}" + (f", {where}" if where else ""),
        *(
            f"          {many:,} {column}: expected {why}"
            for (column, why), many in tally.reasons.most_common(MOST_REASONS)
        ),
        f"users     {tally.users}",
        f"items     {tally.items}",
    ]
    if tally.first_ms is not None and tally.last_ms is not None:
        lines.append(f"times     {_time(tally.first_ms)} to {_time(tally.last_ms)}")
    lines += [f"note      {many:,} {note}" for note, many in tally.notes.items()]
    if tally.repeated.many:
        lines.append(f"note      {tally.repeated} events repeat an event id of their user, and count once")
    _print(lines)


def counts_of(tally: Tally) -> dict[str, object]:
    """The counts of an import, for programs."""
    return {
        "rows": tally.rows,
        "events": tally.events,
        "rejected": tally.rejected,
        "lines": tally.lines,
        "reasons": [
            {"column": column, "expected": why, "rows": many} for (column, why), many in tally.reasons.most_common()
        ],
        "notes": dict(tally.notes),
        "firstMs": tally.first_ms,
        "lastMs": tally.last_ms,
    }


def _lines(tally: Tally) -> str:
    """How the lines of the files add up, where there is not one for each row."""
    parts = {
        "of events": tally.event_lines,
        "of rejects": tally.reject_lines,
        "of headers": tally.header_lines,
        "blank": tally.blank_lines,
    }
    return f"lines     {tally.lines:,}: {', '.join(f'{many:,} {what}' for what, many in parts.items() if many)}"


def show_guess(guess: Guess, name: str) -> None:
    """Print how a file is read: its format, the parts of the mapping that were guessed, and what is not used."""
    form = guess.seen.form
    described = {
        "csv": f"CSV, delimiter {form.delimiter!r}, {'quotes' if form.quoted is not False else 'no quotes'}",
        "jsonl": "JSON",
        "parquet": "Parquet",
    }.get(form.kind or "", str(form.kind))
    lines = [f"{name}: {described}, cells: {', '.join(guess.seen.names)}"]
    if guess.ready is not None:
        lines.append(f"It is read by the built-in mapping {guess.ready}.")
    if guess.guessed:
        text = yaml.safe_dump(guess.guessed, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)
        lines.append("Guessed; check it, and tell it by options or as a file for --mapping:")
        lines += [f"  {line}" for line in text.splitlines()]
    if guess.unused:
        lines.append(f"Not used: {', '.join(guess.unused)}")
    _print(lines)


def show_first(history: History) -> None:
    """Print the first events as they would be stored, and the first rejected rows."""
    events = ((record, event) for record in as_records(history.rows) for event in record.events)
    lines = ["The first events (pseudonyms are made for this run only):"]
    for record, event in islice(events, FIRST_EVENTS):
        fields = {
            "subject": record.subject.hex(),
            "eventType": event.kind.name,
            "itemId": event.item_id,
            "occurredAt": _time(event.occurred_at_ms),
            "eventValue": event.value,
            "eventId": event.event_id,
            **event.attributes,
        }
        lines.append(
            "  " + json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False)
        )
    if history.tally.first_rejects:
        lines += ["The first rejected rows:", *(f"  {reject}" for reject in history.tally.first_rejects)]
    _print(lines)


def show_entries(entries: Sequence[ImportEntry], missing: Sequence[int], void: Sequence[int]) -> None:
    """Print one line per import; `missing` are not in the views yet, `void` still are."""
    if not entries:
        _print(["No imports yet."])
    for entry in entries:
        if entry.void:
            outcome = "void, and still in the views" if entry.number in void else "void"
        elif entry.counts is None:
            outcome = "not finished: run the same command again to complete it"
        else:
            outcome = ", ".join(f"{count:,} {name}" for name, count in entry.counts.items())
            outcome += ", not in the views yet" if entry.number in missing else ""
        _print([f"{entry.number:>4}  {_time(entry.began_at_ms)}  {entry.what}: {outcome}"])


def behind_lines(missing: Sequence[int], void: Sequence[int]) -> list[str]:
    """What the views do not follow, and the command that makes them follow: imports that they lack, and void ones."""
    lines = [f"The views do not have {_numbered(missing)} yet: run `millstream rebuild`."] if missing else []
    lines += [f"The views still have {_numbered(void)}, now void: run `millstream rebuild`."] if void else []
    return lines


def show_behind(missing: Sequence[int], void: Sequence[int]) -> None:
    """Print what the views do not follow; nothing if they do."""
    _print(behind_lines(missing, void))


def behind_as_json(missing: Sequence[int], void: Sequence[int]) -> dict[str, object]:
    """What the views do not follow, for programs."""
    return {"notInViews": list(missing), "voidInViews": list(void)}


def _numbered(numbers: Sequence[int]) -> str:
    return f"import{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def show_overlap(entry: ImportEntry, others: Sequence[ImportEntry]) -> None:
    """Warn that the order in the log is not the order of the times."""
    for other in others:
        earlier, later = sorted((entry, other), key=lambda one: one.number)
        where = f"number {earlier.number} has events later than the first of number {later.number}"
        _print([f"Warning: {where}, but comes before it in the log: import the oldest first, or together."])


def show_dropped(dropped: Mapping[int, int]) -> None:
    """Print which old versions of the views were deleted."""
    for number, rows in dropped.items():
        _print([f"Dropped view {number}, which was replaced before: {rows:,} rows."])


def _print(lines: list[str]) -> None:
    for line in lines:
        print_line(line)


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
