"""Read a mapping from a YAML file and the command line; README.md describes the format."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from millstream.domain.errors import shown
from millstream.domain.log.kinds import ALIASES
from millstream.domain.log.submissions import NO_IDS
from millstream_tools.readers.mapping import CONSTANT, FIELDS, REQUIRED, ColumnMapping, FileTime, Keep, TimeForm, Unit
from millstream_tools.tables.errors import BadMappingError
from millstream_tools.tables.form import Form, Kind

READY = Path(__file__).parent / "mappings"
_PARTS = (
    "format", "columns", "time", "event_types", "whole_numbers", "decimal_comma", "missing", "no_ids", "keep",
    "recognised_by",
)  # fmt: skip
_IDS = ("user", "item", "session", "event_id")
_LISTED = (*_IDS, "value", "quantity")
_FORM = ("kind", "delimiter", "quoted", "header", "typed_header", "encoding", "explode")
_TIME = ("unit", "pattern", "zone", "row_order", "file")
_KEEP = ("column", "expected", "not_starting_with", "at_least", "one_of")


def ready_mappings() -> list[str]:
    """The names of the built-in mappings."""
    return sorted(path.stem for path in READY.glob("*.yaml"))


def recognised_by(name: str) -> tuple[str, ...]:
    """The columns by which files of a built-in mapping are recognised; none if they are not."""
    return _texts(content_of(name)["mapping"].get("recognised_by", []), "recognised_by")


def read_mapping(
    named: str | None, columns: Mapping[str, str], told: Mapping[str, Any] = MappingProxyType({})
) -> ColumnMapping:
    """The mapping of a file or of a built-in name; columns and other parts of the command line replace its own.

    Raises BadMappingError.
    """
    given: dict[str, Any] = {} if named is None else _part(content_of(named), "mapping", _PARTS)
    for part, value in told.items():
        given[part] = {**_object(given.get(part, {}), part), **value} if isinstance(value, Mapping) else value
    said, fallbacks = _columns(_part(given, "columns", FIELDS))
    form, time = _form(_part(given, "format", _FORM)), _time(_part(given, "time", _TIME))
    mapping = ColumnMapping(
        form=form,
        time=time,
        event_types=_event_types(_object(given.get("event_types", {}), "event_types")),
        whole_numbers=_whole_numbers(given),
        decimal_comma=_flag(given, "decimal_comma", False, ""),
        missing=("", *_texts(given.get("missing", []), "missing")),
        no_ids=_no_ids(given),
        keep=tuple(_rule(rule, f"keep[{place}]") for place, rule in enumerate(_list(given.get("keep", []), "keep"))),
        columns=_complete({"event_type": f"{CONSTANT}ItemViewed"} | said | dict(columns), time),
        fallbacks={name: others for name, others in fallbacks.items() if name not in columns},
    )
    if mapping.event_type is not None and mapping.event_type not in ALIASES:
        raise _bad("columns.event_type", f"a column, or {CONSTANT} and one of {', '.join(ALIASES)}", mapping.event_type)
    return mapping


def _columns(given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The column of each field; of a list, the first, and after it those that fill the field where it is absent."""
    named = {
        name: _texts(said, f"columns.{name}") if isinstance(said, list) else (_text(said, f"columns.{name}"),)
        for name, said in given.items()
    }
    for name, columns in named.items():
        if not columns or "" in columns or (columns[1:] and name not in _LISTED):
            lists = f"a column (or for {', '.join(_LISTED)} a list, of which the first column with a cell counts)"
            raise _bad(f"columns.{name}", lists, given[name])
    return (
        {name: columns[0] for name, columns in named.items()},
        {name: columns[1:] for name, columns in named.items() if columns[1:]},
    )


def content_of(named: str) -> dict[str, Any]:
    """What a mapping file has, or the built-in mapping of this name, as `mapping`. Raises BadMappingError."""
    ready = READY / f"{named}.yaml"
    path = ready if named in ready_mappings() else Path(named)
    try:
        content = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise _bad("--mapping", f"a file, or one of {', '.join(ready_mappings())}", named) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadMappingError(f"{path}: expected a mapping in YAML: {' '.join(str(error).split())}") from error
    return {"mapping": content}


def _complete(columns: Mapping[str, str], time: TimeForm) -> Mapping[str, str]:
    """All columns, in the order of the fields, so that equal mappings have equal text."""
    for name in REQUIRED:
        if name not in columns and not (name == "time" and (time.row_order or time.file)):
            raise _bad(f"columns.{name}", f"a column (--{name} COLUMN), or a mapping that has it (--mapping)", None)
    return {name: columns[name] for name in FIELDS if name in columns}


def _form(given: Mapping[str, Any]) -> Form:
    delimiter = None if "delimiter" not in given else _text(given["delimiter"], "format.delimiter")
    header = given.get("header")
    encoding = None if "encoding" not in given else _encoding(_text(given["encoding"], "format.encoding"))
    return Form(
        kind=_one_of(given.get("kind"), "format.kind", get_args(Kind)),
        delimiter=delimiter,
        quoted=_flag(given, "quoted", True) if "quoted" in given else None,
        header=None if header is None else _texts(header, "format.header"),
        typed_header=_flag(given, "typed_header", False),
        encoding=encoding,
        explode=None if "explode" not in given else _text(given["explode"], "format.explode"),
    )


def _whole_numbers(given: Mapping[str, Any]) -> tuple[str, ...] | None:
    return _texts(given["whole_numbers"], "whole_numbers", _IDS) if "whole_numbers" in given else None


def _no_ids(given: Mapping[str, Any]) -> tuple[str, ...]:
    texts = _texts(given["no_ids"], "no_ids") if "no_ids" in given else NO_IDS
    return tuple(sorted({text.lower() for text in texts}))


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise _bad("format.encoding", "an encoding such as utf-8, cp1252 or utf-16", name) from None
    return name


def _time(given: Mapping[str, Any]) -> TimeForm:
    zone = _text(given.get("zone", "UTC"), "time.zone")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise _bad("time.zone", "a time zone such as UTC or Europe/London", zone) from None
    pattern = given.get("pattern")
    return TimeForm(
        unit=_one_of(given.get("unit"), "time.unit", get_args(Unit)),
        pattern=None if pattern is None else _text(pattern, "time.pattern"),
        zone=zone,
        row_order=_flag(given, "row_order", False),
        file=_file_time(given.get("file")),
    )


def _file_time(given: object) -> FileTime | None:
    if given is None:
        return None
    said = _known(_object(given, "time.file"), "time.file", ("pattern", "origin"))
    pattern, origin = (_text(said.get(name), f"time.file.{name}") for name in ("pattern", "origin"))
    try:
        if re.compile(pattern).groups != 1:
            raise _bad("time.file.pattern", "a regular expression with one group", pattern)
        datetime.fromisoformat(origin)
    except re.error:
        raise _bad("time.file.pattern", "a regular expression with one group", pattern) from None
    except ValueError:
        raise _bad("time.file.origin", "a date such as 2014-04-01", origin) from None
    return FileTime(pattern, origin)


def _event_types(given: Mapping[str, Any]) -> dict[str, str]:
    for called, name in given.items():
        if name not in ALIASES:
            raise _bad(f"event_types.{called}", "one of " + ", ".join(ALIASES), name)
    return {str(called): str(name) for called, name in given.items()}


def _rule(given: object, place: str) -> Keep:
    rule = _known(_object(given, place), place, _KEEP)
    prefix, least, allowed = rule.get("not_starting_with"), rule.get("at_least"), rule.get("one_of")
    if [prefix, least, allowed].count(None) != 2:  # all but one
        raise _bad(place, "one of not_starting_with, at_least and one_of", sorted(rule))
    if least is not None and (isinstance(least, bool) or not isinstance(least, int | float)):
        raise _bad(f"{place}.at_least", "a number", least)
    texts = None if allowed is None else _texts(allowed, f"{place}.one_of")
    if texts is not None:
        usual = f"one of {', '.join(texts)}"
    else:
        usual = f"at least {least:g}" if least is not None else f"nothing that starts with {prefix}"
    return Keep(
        column=_text(rule.get("column"), f"{place}.column"),
        expected=_text(rule.get("expected", usual), f"{place}.expected"),
        not_starting_with=None if prefix is None else _text(prefix, f"{place}.not_starting_with"),
        at_least=None if least is None else float(least),
        one_of=texts,
    )


def _part(of: Mapping[str, Any], name: str, names: Collection[str]) -> dict[str, Any]:
    """One part of a mapping, which may only have these names."""
    return _known(_object(of.get(name, {}), name), name, names)


def _known(given: dict[str, Any], where: str, names: Collection[str]) -> dict[str, Any]:
    for name in given:
        if name not in names:
            raise _bad(where, "only the names " + ", ".join(names), name)
    return given


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _bad(name, "a mapping of names to values", value)
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _bad(name, "a list", value)
    return value


def _texts(value: object, name: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
    texts = tuple(_text(one, f"{name}[{place}]", empty=True) for place, one in enumerate(_list(value, name)))
    for text in texts:
        if allowed is not None and text not in allowed:
            raise _bad(name, "one of " + ", ".join(allowed), text)
    return texts


def _text(value: object, name: str, *, empty: bool = False) -> str:
    if not isinstance(value, str) or not (value or empty):
        raise _bad(name, "a string (in quotes if it looks like a number)", value)
    return value


def _flag(given: Mapping[str, Any], name: str, default: bool, where: str = "format.") -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise _bad(f"{where}{name}", "true or false", value)
    return value


def _one_of(value: Any, name: str, allowed: Collection[Any]) -> Any:
    if value is not None and value not in allowed:
        raise _bad(name, "one of " + ", ".join(allowed), value)
    return value


def _bad(name: str, expected: str, got: object) -> BadMappingError:
    return BadMappingError(f"{name}: expected {expected}, got {'nothing' if got is None else shown(got)}")
