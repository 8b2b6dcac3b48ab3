"""The output of `millstream import`, with a stack in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import millstream_tools.ops.replays
import millstream_tools.ops.stack
from millstream.adapters.local import system_clock
from millstream.adapters.memory import MemoryModelStore, MemoryViews
from millstream.application.collect.import_history import head_of
from millstream.application.ports import LogRecord, ViewVersion
from millstream.domain.declaration import Declaration, parse_declaration
from millstream_tools.cli import views
from millstream_tools.cli.commands import app
from tests.builders import NOW_MS, SECRET, subject
from tests.importing import Shop, table, visits
from tests.unit.tools.readers.test_named_formats import CASES, written

NOON = 1_700_049_600.0
COLUMNS = ("--user", "user", "--item", "item", "--time", "time")


PUBLISH = "`millstream catalogue import FILE`"


class MemoryStack:
    """What the command needs of a stack."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.rebuilds: list[bool] = []
        self.stored_views = MemoryViews()
        self.store = MemoryModelStore(Path("models"))

    def secret(self) -> bytes:
        return SECRET

    def declared_attributes(self) -> Declaration:
        return parse_declaration('{"country": {"number": 2, "values": {"AT": 1, "DE": 2}}}')

    def archive(self) -> Any:
        return self.shop.archive

    def imports(self) -> Any:
        return self.shop.imports

    def event_log(self) -> Any:
        return self.shop.log

    def views(self) -> MemoryViews:
        return self.stored_views

    def log_reader(self) -> None:
        """A stream that holds nothing."""

    def models(self) -> MemoryModelStore:
        return self.store


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MemoryStack:
    """The stack that the command finds; the current folder is a new one."""
    made = MemoryStack()

    def rebuild(of: MemoryStack, _: object, *, afresh: bool) -> None:
        of.rebuilds.append(afresh)
        serving = of.stored_views.serving()
        void = {head_of(entry.number) for entry in of.imports().entries() if entry.void}
        read = {name: head.last for name, head in of.shop.archive.heads().items() if name not in void}
        of.stored_views.begin(ViewVersion(serving + 1, imports=read, void=dict.fromkeys(void, 1)))
        of.stored_views.switch(serving, serving + 1, {})

    monkeypatch.setattr(millstream_tools.ops.stack, "open_stack", lambda _: made)
    monkeypatch.setattr(millstream_tools.ops.replays, "rebuild", rebuild)
    monkeypatch.setattr(system_clock, "SystemClock", lambda: made.shop.clock)
    monkeypatch.chdir(tmp_path)
    return made


def run(*arguments: object) -> Any:
    """Run the command."""
    return CliRunner().invoke(app, ["import", *map(str, arguments)])


def history(path: Path) -> Path:
    """Two good rows, one without an item."""
    return table(path, visits(("ann", "lamp", NOON), ("bob", "", NOON), ("bob", "desk", NOON + 60)))


def test_an_import_ends_with_what_became_of_the_rows(stack: MemoryStack, tmp_path: Path) -> None:
    """Rows, events, rejects and where they are, users, items, times; the views follow afresh."""
    done = run(history(tmp_path / "h.csv"), *COLUMNS)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "Imported h.csv as number 1.",
        "rows      3",
        "events    2",
        "rejected  1, see h.csv.rejects.csv",
        "          1 item: expected a string of 1 to 256 characters",
        "users     2",
        "items     2",
        "times     2023-11-15T12:00:00.000Z to 2023-11-15T12:01:00.000Z",
        f"Still missing: 2 of 2 items are not published, and only published items are recommended: run {PUBLISH}",
        "Still missing: no model serves: run `millstream models fit --from-log --promote`",
    ]
    assert stack.rebuilds == [True]
    (header, reject) = csv.reader((tmp_path / "h.csv.rejects.csv").open())
    assert dict(zip(header, reject, strict=True)) == {
        "file": "h.csv",
        "line": "3",
        "column": "item",
        "expected": "a string of 1 to 256 characters",
        "got": "null",
        "row": f"bob,,{NOON}",
    }


def test_what_is_in_the_log_is_not_imported_again(stack: MemoryStack, tmp_path: Path) -> None:
    """It says so and succeeds."""
    run(history(tmp_path / "h.csv"), *COLUMNS)
    objects = dict(stack.shop.archive.objects)
    again = run(tmp_path / "h.csv", *COLUMNS)
    assert (again.exit_code, again.stdout) == (0, "h.csv is already imported, as number 1.\n")
    assert (stack.shop.archive.objects, stack.rebuilds) == (objects, [True])


def test_a_dry_run_shows_and_stores_nothing(stack: MemoryStack, tmp_path: Path) -> None:
    """Not even the reject file; it asks no stack, so it works before there is one."""
    done = run(history(tmp_path / "h.csv"), *COLUMNS, "--event-type", "=ItemPurchased", "--dry-run")
    assert done.exit_code == 0, done.output
    assert '"eventType": "ItemPurchased", "itemId": "lamp", "occurredAt": "2023-11-15T12:00:00.000Z"' in done.stdout
    assert subject("ann").hex() not in done.stdout
    assert "  h.csv:3: item: expected a string of 1 to 256 characters, got null\n" in done.stdout
    assert done.stdout.endswith("Nothing was stored.\n")
    assert list(tmp_path.iterdir()) == [tmp_path / "h.csv"]
    assert (stack.shop.archive.objects, list(stack.shop.imports.entries()), stack.rebuilds) == ({}, [], [])


def test_a_dry_run_shows_how_a_file_is_read(stack: MemoryStack, tmp_path: Path) -> None:
    """Its format, the guess as a mapping file, what is not used, and the first events by that guess."""
    (tmp_path / "orders.csv").write_text(
        "customer;sku;created at;brand\nu1;i1;14.11.2023 22:13;acme\x1b[31m\nu2;i2;15.11.2023 22:13;acme\n"
    )
    done = run("orders.csv", "--dry-run")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[:5] == [
        "orders.csv: CSV, delimiter ';', quotes, cells: customer, sku, created at, brand",
        "Guessed; check it, and tell it by options or as a file for --mapping:",
        "  columns: {user: customer, item: sku, time: created at}",
        "  time: {pattern: '%d.%m.%Y %H:%M'}",
        "Not used: brand",
    ]
    assert '"itemId": "i1", "occurredAt": "2023-11-14T22:13:00.000Z"' in done.stdout
    refused = run("orders.csv")
    assert (refused.exit_code, stack.shop.archive.objects) == (1, {})
    assert "perhaps --user 'customer' --item 'sku'" in refused.stderr


def test_a_recognised_export_is_imported_without_options(stack: MemoryStack, tmp_path: Path) -> None:
    """It says by which mapping, and what that does not use."""
    name, file_name, content, expected, _ = CASES["shopify"]
    done = run(written(tmp_path, file_name, content))
    assert done.exit_code == 0, done.output
    assert f"{file_name} is read by the built-in mapping {name}.\n" in done.stdout
    assert "not used  Financial Status, Paid at\n" in done.stdout
    assert len([event for record in stack.shop.records() for event in record.events]) == len(expected)


def test_a_dry_run_writes_the_rejects_if_it_is_told_where(stack: MemoryStack, tmp_path: Path) -> None:
    """And only then a file."""
    done = run(history(tmp_path / "h.csv"), *COLUMNS, "--dry-run", "--rejects", tmp_path / "bad.csv")
    assert done.exit_code == 0, done.output
    assert [row[1] for row in csv.reader((tmp_path / "bad.csv").open())] == ["line", "3"]


def test_the_lines_add_up_where_a_row_is_not_a_line(stack: MemoryStack, tmp_path: Path) -> None:
    """An unclosed quote costs its own line only; a cell of two lines and a blank line are counted."""
    lines = [f'u{place},i{place},{NOON},"a"' for place in range(4)]
    lines[1] = f'u1,i1,{NOON},"two\nlines"'
    lines[2] = f'u2,i2,{NOON},"not closed'
    (tmp_path / "h.csv").write_text("user,item,time,title\n" + "\n".join([*lines, "", ""]))
    done = run("h.csv", *COLUMNS)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[1:5] == [
        "rows      4",
        "lines     7: 4 of events, 1 of rejects, 1 of headers, 1 blank",
        "events    3",
        "rejected  1, see h.csv.rejects.csv",
    ]


def test_an_import_of_which_most_is_rejected_says_where_the_rows_are(stack: MemoryStack, tmp_path: Path) -> None:
    """Nothing is stored but the reject file."""
    file = table(tmp_path / "h.csv", visits(("ann", "a", NOON), ("undefined", "b", NOON), ("Null", "c", NOON)))
    done = run(file, *COLUMNS)
    assert (done.exit_code, stack.shop.archive.objects) == (1, {})
    assert "--max-rejects 2" in done.stderr
    assert "rejected rows are in h.csv.rejects.csv" in done.stderr
    assert [row[1] for row in csv.reader((tmp_path / "h.csv.rejects.csv").open())] == ["line", "3", "4"]


def test_a_dry_run_of_which_most_is_rejected_shows_the_counts_and_fails(stack: MemoryStack, tmp_path: Path) -> None:
    """With all reasons; the import would fail too."""
    file = table(tmp_path / "h.csv", visits(("ann", "a", NOON), ("undefined", "b", NOON), ("Null", "c", NOON)))
    done = run(file, *COLUMNS, "--dry-run")
    assert done.exit_code == 1
    assert "          2 user: expected an id, not a word for none\n" in done.stdout
    assert "--max-rejects 2" in done.stderr


def test_imports_are_listed_with_what_they_brought(stack: MemoryStack, tmp_path: Path) -> None:
    """And one that was killed, with how to go on."""
    assert len(listed()) == 1
    run(history(tmp_path / "h.csv"), *COLUMNS)
    stack.shop.imports.begin("killed", "k.csv", NOW_MS)
    assert listed() == [
        "   1  2026-11-22T00:00:00.000Z  h.csv: 3 rows, 2 events, 1 rejected",
        "   2  2026-11-22T00:00:00.000Z  k.csv: not finished: run the same command again to complete it",
    ]


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "millstream: standard input is empty\n"),
        ("a,b\n1,2\n", "millstream: standard input: expected a column user, got only a, b\n"),
    ],
)
def test_errors_about_standard_input_name_it_and_no_temporary_file(content: str, told: str) -> None:
    """The user knows of none."""
    done = CliRunner().invoke(app, ["import", "-", *COLUMNS], input=content)
    assert (done.exit_code, done.stderr) == (1, told)


def listed() -> list[str]:
    """What `millstream imports` prints."""
    return CliRunner().invoke(app, ["imports"]).stdout.splitlines()


def test_an_import_is_voided_and_says_so(stack: MemoryStack, tmp_path: Path) -> None:
    """The views follow; the list has it, and voiding it again changes nothing."""
    run(history(tmp_path / "h.csv"), *COLUMNS)
    done = CliRunner().invoke(app, ["imports", "void", "1", "--yes"])
    assert (done.exit_code, done.stdout.splitlines()[0], stack.rebuilds) == (0, "Import 1 is void.", [True, True])
    assert listed() == ["   1  2026-11-22T00:00:00.000Z  h.csv: void"]
    again = CliRunner().invoke(app, ["imports", "void", "1", "--no-rebuild"])
    assert (again.exit_code, again.stdout) == (0, "Import 1 is void already.\n")
    assert len(stack.shop.amended()) == 1


@pytest.mark.parametrize("command", ["void", "replace"])
def test_taking_an_import_out_asks_first(stack: MemoryStack, tmp_path: Path, command: str) -> None:
    """With the names of its files; a number that the log does not have is an error without a question."""
    file = str(history(tmp_path / "h.csv"))
    run(file, *COLUMNS)
    more = [file, *COLUMNS, "--event-type", "=ItemPurchased"] if command == "replace" else []
    refused = CliRunner().invoke(app, ["imports", command, "1", *more], input="n\n")
    assert (refused.exit_code, "import 1 (h.csv)?" in refused.stdout) == (1, True)
    assert (stack.shop.amended(), len(stack.shop.imports.entries())) == ([], 1)
    unknown = CliRunner().invoke(app, ["imports", command, "7", *more], input="y\n")
    assert (unknown.exit_code, unknown.stdout, "got 7" in unknown.stderr) == (1, "", True)
    done = CliRunner().invoke(app, ["imports", command, "1", *more], input="y\n")
    assert (done.exit_code, len(stack.shop.amended())) == (0, 1)


def test_dropping_a_view_asks_first(stack: MemoryStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless told not to; a view that there is not is an error without a question."""
    monkeypatch.setattr(views, "open_stack", lambda _: stack)
    stack.stored_views.begin(ViewVersion(2))
    stack.stored_views.switch(1, 2, {})

    def numbers() -> list[int]:
        return [one.number for one in stack.stored_views.versions() if not one.dropped]

    assert CliRunner().invoke(app, ["views", "drop", "1"], input="n\n").exit_code == 1
    assert CliRunner().invoke(app, ["views", "drop", "9"], input="y\n").stdout == ""
    assert numbers() == [1, 2]
    assert CliRunner().invoke(app, ["views", "drop", "1", "--yes"]).stdout == "View 1 is dropped: 0 rows.\n"
    assert numbers() == [2]


def test_a_stack_before_the_command_is_not_ignored(stack: MemoryStack, tmp_path: Path) -> None:
    """Otherwise the import of another stack would be voided; the variable of the shell is for both."""
    run(history(tmp_path / "h.csv"), *COLUMNS)
    refused = CliRunner().invoke(app, ["imports", "--stack", "prod", "void", "1"])
    assert (refused.exit_code, "--stack after void" in refused.stderr, stack.shop.amended()) == (1, True, [])
    by_variable = CliRunner().invoke(app, ["imports", "void", "1", "--yes"], env={"MILLSTREAM_STACK": "prod"})
    assert (by_variable.exit_code, len(stack.shop.amended())) == (0, 1)


def test_an_import_is_replaced_with_other_columns(stack: MemoryStack, tmp_path: Path) -> None:
    """Without the new command, the same file under other columns is an error that names it."""
    file = history(tmp_path / "h.csv")
    run(file, *COLUMNS)
    refused = run(file, *COLUMNS, "--event-type", "=ItemPurchased")
    assert refused.exit_code == 1
    assert "h.csv is in the log as number 1" in refused.stderr
    assert "`millstream imports replace 1 FILE...`" in refused.stderr
    options = (*COLUMNS, "--event-type", "=ItemPurchased")
    done = CliRunner().invoke(app, ["imports", "replace", "1", str(file), *options, "--yes"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Imported h.csv as number 2 in place of number 1.\n")
    assert [(entry.number, entry.void) for entry in stack.shop.imports.entries()] == [(1, True), (2, False)]


def test_old_versions_of_the_views_do_not_pile_up(stack: MemoryStack, tmp_path: Path) -> None:
    """All but the serving one and the one before are dropped, and named."""
    outputs = [
        run(table(tmp_path / f"{day}.csv", visits(("ann", "lamp", NOON + day * 86_400))), *COLUMNS).stdout
        for day in range(3)
    ]
    assert [line for output in outputs for line in output.splitlines() if "Dropped" in line] == [
        "Dropped view 1, which was replaced before: 0 rows.",
        "Dropped view 2, which was replaced before: 0 rows.",
    ]
    assert [one.number for one in stack.stored_views.versions() if not one.dropped] == [3, 4]


def test_an_older_history_that_comes_later_is_warned_of(stack: MemoryStack, tmp_path: Path) -> None:
    """The log has imports by number."""
    run(table(tmp_path / "new.csv", visits(("ann", "lamp", NOON))), *COLUMNS)
    done = run(table(tmp_path / "old.csv", visits(("ann", "lamp", NOON - 86_400))), *COLUMNS)
    assert "Warning: number 1 has events later than the first of number 2" in done.stdout


def test_the_format_and_the_times_are_options_too(stack: MemoryStack, tmp_path: Path) -> None:
    """As in a mapping file, which they override."""
    (tmp_path / "h.txt").write_bytes("u1;Müsli;14.11.2023 23:13\nu2;Öl;15.11.2023 23:13\n".encode("cp1252"))
    done = run(
        "h.txt", "--user", "who", "--item", "what", "--time", "at", "--format", "csv", "--delimiter", ";",
        "--header", "who,what,at", "--encoding", "cp1252", "--time-pattern", "%d.%m.%Y %H:%M",
        "--zone", "Europe/Berlin",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "times     2023-11-14T22:13:00.000Z to 2023-11-15T22:13:00.000Z" in done.stdout
    assert {event.item_id for record in stack.shop.records() for event in record.events} == {"Müsli", "Öl"}


def months(folder: Path, many: int) -> list[Path]:
    """Files of one event each, each later than the one before."""
    return [table(folder / f"{at}.csv", visits(("ann", "lamp", NOON + at * 86_400))) for at in range(1, many + 1)]


def test_many_imports_need_one_rebuild(stack: MemoryStack, tmp_path: Path) -> None:
    """Each says what the views do not have yet, and the command; the list says it until an import rebuilds."""
    *first, last = months(tmp_path, 3)
    told = [run(file, *COLUMNS, "--no-rebuild").stdout.splitlines()[-1] for file in first]
    assert told == [
        "The views do not have import 1 yet: run `millstream rebuild`.",
        "The views do not have imports 1, 2 yet: run `millstream rebuild`.",
    ]
    assert [line.rpartition(", ")[2] for line in listed()[:2]] == ["not in the views yet"] * 2
    assert listed()[2:] == [told[1]]
    assert (stack.rebuilds, [one.counts is not None for one in stack.shop.imports.entries()]) == ([], [True, True])
    assert "not have" not in run(last, *COLUMNS).stdout
    assert stack.rebuilds == [True]
    assert [line for line in listed() if "views" in line] == []


def test_an_import_that_the_views_do_not_have_is_made_up_for_by_the_same_command(
    stack: MemoryStack, tmp_path: Path
) -> None:
    """Without the option it rebuilds, once; with it, it says again what is missing."""
    (file,) = months(tmp_path, 1)
    known = "1.csv is already imported, as number 1."
    behind = "The views do not have import 1 yet: run `millstream rebuild`."
    run(file, *COLUMNS, "--no-rebuild")
    assert run(file, *COLUMNS, "--no-rebuild").stdout.splitlines() == [known, behind]
    assert run(file, *COLUMNS).stdout.splitlines() == [f"{known} The views were rebuilt, and have it now."]
    assert run(file, *COLUMNS).stdout.splitlines() == [known]
    assert stack.rebuilds == [True]


def test_programs_are_told_what_the_views_do_not_have(stack: MemoryStack, tmp_path: Path) -> None:
    """By an import, by a voiding, and by the list."""
    first, second = months(tmp_path, 2)

    def answered(*arguments: object) -> tuple[list[int], list[int]]:
        said = json.loads(CliRunner().invoke(app, [*map(str, arguments), "--json"]).stdout)
        return said["notInViews"], said["voidInViews"]

    assert answered("import", first, *COLUMNS) == ([], [])
    assert answered("import", second, *COLUMNS, "--no-rebuild") == ([2], [])
    assert answered("imports", "void", 1, "--yes", "--no-rebuild") == ([2], [1])
    assert answered("imports") == ([2], [1])
    assert answered("imports", "void", 2, "--yes", "--no-rebuild") == ([], [1])
    assert answered("imports", "void", 1, "--yes") == ([], [])


def test_a_void_import_is_in_the_views_until_a_rebuild(stack: MemoryStack, tmp_path: Path) -> None:
    """The list says so, and the same command without the option rebuilds."""
    (file,) = months(tmp_path, 1)
    run(file, *COLUMNS)
    still = "The views still have import 1, now void: run `millstream rebuild`."
    done = CliRunner().invoke(app, ["imports", "void", "1", "--yes", "--no-rebuild"])
    assert done.stdout.splitlines() == ["Import 1 is void.", still]
    assert [line.rpartition(": ")[2] for line in listed()[:1]] == ["void, and still in the views"]
    assert listed()[1:] == [still]
    again = CliRunner().invoke(app, ["imports", "void", "1"])
    assert again.stdout.splitlines()[0] == "Import 1 is void already."
    assert (stack.rebuilds, listed()[1:]) == ([True, True], [])


def test_a_replacement_may_wait_for_its_rebuild(stack: MemoryStack, tmp_path: Path) -> None:
    """The views have the old import and not the new one; the same command without the option rebuilds."""
    (file,) = months(tmp_path, 1)
    run(file, *COLUMNS)
    command = ["imports", "replace", "1", str(file), *COLUMNS, "--event-type", "=ItemPurchased", "--yes"]
    done = CliRunner().invoke(app, [*command, "--no-rebuild"])
    assert done.stdout.splitlines()[-2:] == [
        "The views do not have import 2 yet: run `millstream rebuild`.",
        "The views still have import 1, now void: run `millstream rebuild`.",
    ]
    assert stack.rebuilds == [True]
    again = CliRunner().invoke(app, command)
    assert again.stdout.splitlines()[0] == (
        "1.csv is already imported, as number 2. The views were rebuilt, and have it now."
    )
    assert (stack.rebuilds, len(stack.shop.amended())) == ([True, True], 1)


def test_rejects_go_where_the_user_wants_them(stack: MemoryStack, tmp_path: Path) -> None:
    """And no more of them than the user allows; what was rejected until then can be looked at."""
    done = run(history(tmp_path / "h.csv"), *COLUMNS, "--rejects", tmp_path / "bad.csv", "--max-rejects", 0)
    assert done.exit_code == 1
    assert "at most 0 rejected rows" in done.stderr
    assert "h.csv:3: item: expected" in done.stderr
    assert len((tmp_path / "bad.csv").read_text().splitlines()) == 2
    assert stack.shop.archive.objects == {}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--mapping", "nothing"), "millstream: --mapping: expected a file, or one of ader-yoochoose, "),
        (("--user", "user"), "millstream: columns.item: expected a column (--item COLUMN)"),
        ((*COLUMNS, "--value", "price"), "expected a column price, got only user, item, time\n"),
        (
            (*COLUMNS, "--event-type", "=Bought"),
            "millstream: columns.event_type: expected a column, or = and one of Item",
        ),
    ],
)
def test_invalid_options_are_reported_in_one_line(
    stack: MemoryStack, tmp_path: Path, arguments: Sequence[str], told: str
) -> None:
    """And nothing is stored."""
    done = run(history(tmp_path / "h.csv"), *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert stack.shop.archive.objects == {}


def test_a_missing_file_is_reported_in_one_line(stack: MemoryStack, tmp_path: Path) -> None:
    """By its name."""
    done = run(tmp_path / "ghost.csv", *COLUMNS)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "ghost.csv" in done.stderr


def test_ctrl_c_says_how_to_go_on(stack: MemoryStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with the usual exit status; running the command again completes the import."""
    stored = stack.shop.archive.store

    def interrupted(_records: Sequence[LogRecord], _day: str, **_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(stack.shop.archive, "store", interrupted)
    done = run(history(tmp_path / "h.csv"), *COLUMNS)
    assert done.exit_code == 130
    assert "interrupted" in done.stderr
    assert done.stderr.count("\n") == 1
    monkeypatch.setattr(stack.shop.archive, "store", stored)
    assert "Imported h.csv as number 1." in run(tmp_path / "h.csv", *COLUMNS).stdout
