"""The options that say how files are read, the same for every command that reads files of events."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from millstream_tools.cli.console import print_line

if TYPE_CHECKING:
    from millstream_tools.readers.guessing import Guess
    from millstream_tools.readers.item_mapping import ItemColumns
    from millstream_tools.readers.mapping import ColumnMapping

_FORMAT, _TIMES, _COLUMNS = "Format of the files", "Times", "Columns"

Column = Annotated[str | None, typer.Option(metavar="COLUMN", show_default=False, rich_help_panel=_COLUMNS)]
Time = Annotated[str | None, typer.Option("--time", metavar="COLUMN", show_default=False, rich_help_panel=_COLUMNS)]
EventType = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN|=TYPE",
        help="A column, or one type for all rows, as =ItemPurchased. Default: =ItemViewed.",
        rich_help_panel=_COLUMNS,
    ),
]


def _option(*names: str, panel: str, **more: Any) -> Any:
    return typer.Option(*names, show_default=False, rich_help_panel=panel, **more)


Command = Callable[..., Any]
Options = dict[str, tuple[Any, Any]]
"""The options of a command: name, type and default."""

FORMATS: Options = {
    "kind": (
        Annotated[
            str | None, _option("--format", panel=_FORMAT, help="csv, jsonl, parquet, sequences. Default: recognised.")
        ],
        None,
    ),
    "delimiter": (Annotated[str | None, _option(panel=_FORMAT, help="Default: recognised.")], None),
    "unquoted": (
        Annotated[bool, _option("--unquoted", panel=_FORMAT, help="Quotes in CSV are ordinary characters.")],
        False,
    ),
    "header": (
        Annotated[
            str | None, _option(metavar="A,B,C", panel=_FORMAT, help="The column names of a CSV file without a header.")
        ],
        None,
    ),
    "encoding": (
        Annotated[str | None, _option(panel=_FORMAT, help="Such as cp1252 or utf-16. Default: recognised, or utf-8.")],
        None,
    ),
}
"""The options for the format of any file."""

_DECIMAL_COMMA = (
    Annotated[bool, _option("--decimal-comma", panel=_FORMAT, help="Numbers are written as 1.234,50.")],
    False,
)

_MAPPED = Annotated[str | None, typer.Option(help="A YAML file, or the name of a built-in mapping.")]
_EVENTS: Options = {
    "mapping": (_MAPPED, None),
    "user": (Column, None),
    "item": (Column, None),
    "moment": (Time, None),
    "date": (
        Annotated[
            str | None, _option(metavar="COLUMN", panel=_COLUMNS, help="The date, if --time has only the time of day.")
        ],
        None,
    ),
    "event_type": (EventType, None),
    "value": (Column, None),
    "session": (Column, None),
    "event_id": (Column, None),
    "quantity": (Column, None),
    "attribute": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="NAME=COLUMN",
                help="The column of a declared attribute of users, as country=Country; repeatable.",
                rich_help_panel=_COLUMNS,
            ),
        ],
        None,
    ),
    **FORMATS,
    "explode": (
        Annotated[
            str | None,
            _option(
                metavar="LIST", panel=_FORMAT, help="A list of each JSON or Parquet row: each element is an event."
            ),
        ],
        None,
    ),
    "time_unit": (
        Annotated[
            str | None,
            _option(panel=_TIMES, help="seconds, milliseconds, microseconds, nanoseconds, excel. Default: recognised."),
        ],
        None,
    ),
    "time_pattern": (
        Annotated[str | None, _option(panel=_TIMES, help="As for strptime: '%d.%m.%Y %H:%M'. Default: ISO 8601.")],
        None,
    ),
    "zone": (Annotated[str | None, _option(panel=_TIMES, help="Of times without a zone. Default: UTC.")], None),
    "whole_numbers": (
        Annotated[
            str | None, _option(metavar="FIELDS", panel=_FORMAT, help="Such as user,item: there, 17.0 is the id 17.")
        ],
        None,
    ),
    "decimal_comma": _DECIMAL_COMMA,
}
_ITEMS: Options = {
    "mapping": (Annotated[str | None, typer.Option(help="A YAML file with columns, attributes and format.")], None),
    **dict.fromkeys(("item", "name", "category", "price", "description", "available"), (Column, None)),
    "attribute": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="COLUMN",
                help="A column to store as an attribute, for filters; repeatable.",
                rich_help_panel=_COLUMNS,
            ),
        ],
        None,
    ),
    **FORMATS,
    "whole_numbers": (Annotated[bool, _option("--whole-numbers", panel=_FORMAT, help="The id 17.0 is 17.")], False),
    "decimal_comma": _DECIMAL_COMMA,
}


@dataclass(frozen=True)
class Reading:
    """What the user said about the files. `told` has the parts of a mapping file."""

    mapping: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def read(self, files: Sequence[Path]) -> ColumnMapping:
        """The mapping, also that of a recognised format, which is printed.

        Raises BadMappingError, BadFileError, OSError.
        """
        # Imported here because the other commands do not need it and should start quickly.
        from millstream_tools.readers.guessing import mapping_of

        mapping, ready = mapping_of(files[0], self.mapping, self.columns, self.told)
        if ready is not None:
            print_line(f"{files[0].name} is read by the built-in mapping {ready}.")
        return mapping

    def guess(self, files: Sequence[Path]) -> Guess:
        """The mapping, completed with what can be guessed. Raises the same."""
        from millstream_tools.readers.guessing import guess

        return guess(files[0], self.mapping, self.columns, self.told)


@contextmanager
def input_files(named: Sequence[Path]) -> Iterator[list[Path]]:
    """The files that the user named, with those of folders, and standard input for `-`. Raises BadFileError."""
    from millstream_tools.readers.inputs import files_of
    from millstream_tools.scratch import scratch_folder
    from millstream_tools.tables.errors import ImportingError

    with scratch_folder("input") as folder:
        try:
            yield files_of(named, sys.stdin.buffer, folder)
        except ImportingError as error:  # standard input is a file of this folder, which means nothing to the user
            error.args = (str(error).replace(f"{folder}/", ""),)
            raise


def _with(options: Options, make: Callable[[dict[str, Any]], Any]) -> Callable[[Command], Command]:
    """A decorator that gives a command these options; it gets what `make` makes of them as its argument `reading`."""

    def decorate(command: Command) -> Command:
        def run(**given: Any) -> Any:
            said = {name: given.pop(name) for name in options}
            return command(**given, reading=make(said))

        own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "reading"]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for name, (kind, default) in options.items()
        ]
        positional = [one for one in own if one.kind is not inspect.Parameter.KEYWORD_ONLY]
        parameters = [*positional, *added, *(one for one in own if one not in positional)]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # as inspect.signature reads it
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
        return run

    return decorate


def reading_of(said: dict[str, Any]) -> Reading:
    """The options as parts of a mapping file."""
    columns = ("user", "item", "moment", "date", "event_type", "value", "session", "event_id", "quantity")
    given = {"time" if name == "moment" else name: said[name] for name in columns if said[name] is not None}
    times = {"unit": said["time_unit"], "pattern": said["time_pattern"], "zone": said["zone"]}
    told: dict[str, Any] = {
        "format": format_of(said) | ({"explode": said["explode"]} if said["explode"] is not None else {}),
        "time": {name: one for name, one in times.items() if one is not None},
    }
    told["attributes"] = dict(map(_named, said["attribute"] or ()))
    if said["whole_numbers"] is not None:
        told["whole_numbers"] = said["whole_numbers"].split(",")
    if said["decimal_comma"]:
        told["decimal_comma"] = True
    return Reading(said["mapping"], given, {name: one for name, one in told.items() if one})


def _named(text: str) -> tuple[str, str]:
    """The parts of NAME=COLUMN; a column alone has the name of its attribute."""
    name, _, column = text.partition("=")
    return name, column or name


def format_of(said: dict[str, Any]) -> dict[str, Any]:
    """The options for the format of a file as the part `format` of a mapping file."""
    given = {name: said[name] for name in ("kind", "delimiter", "encoding") if said[name] is not None}
    if given.get("delimiter") in ("\\t", "tab"):
        given["delimiter"] = "\t"
    if said["header"] is not None:
        given["header"] = said["header"].split(",")
    if said["unquoted"]:
        given["quoted"] = False
    return given


def item_columns_of(said: dict[str, Any]) -> Callable[[], ItemColumns]:
    """The options of a catalogue file, to be read where errors are reported. Raises BadMappingError then."""

    def read() -> ItemColumns:
        # Imported here for the same reason.
        from millstream_tools.readers.item_mapping import FIELDS, read_item_columns

        names = ("item", *FIELDS[1:])
        given = {field: said[name] for field, name in zip(FIELDS, names, strict=True) if said[name] is not None}
        told: dict[str, Any] = {"format": format_of(said)}
        told |= {name: True for name in ("whole_numbers", "decimal_comma") if said[name]}
        return read_item_columns(
            said["mapping"], given, said["attribute"] or (), {name: one for name, one in told.items() if one}
        )

    return read


with_reading = _with(_EVENTS, reading_of)
"""Gives a command the options for files of events, as a Reading."""

with_item_columns = _with(_ITEMS, item_columns_of)
"""Gives a command the options for files of items, as a function that reads them."""
