"""Read a mapping from a YAML file and the command line; README.md describes the format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from millstream.domain.log.kinds import ALIASES
from millstream_tools.readers.mapping import CONSTANT, FIELDS, REQUIRED, ColumnMapping, FileTime, Keep, TimeForm, Unit
from millstream_tools.readers.mapping_parts import (
    FORM,
    bad,
    content_of,
    flag_of,
    form_of,
    list_of,
    merged,
    no_ids_of,
    object_of,
    one_of,
    only_known,
    part_of,
    text_of,
    texts_of,
)

_PARTS = (
    "format", "columns", "attributes", "time", "event_types", "whole_numbers", "decimal_comma", "missing", "no_ids",
    "keep", "recognised_by",
)  # fmt: skip
_IDS = ("user", "item", "session", "event_id")
_LISTED = (*_IDS, "value", "quantity")
_OF_USERS = tuple(f"{CONSTANT}{name}" for name, kind in ALIASES.items() if not kind.traits.about_item)
"""Event types of files of users, who have no item, and need no time: their rows keep their order, from 1970 on."""

_TIME = ("unit", "pattern", "zone", "row_order", "file")
_KEEP = ("column", "expected", "not_starting_with", "at_least", "one_of")


def recognised_by(name: str) -> tuple[str, ...]:
    """The columns by which files of a built-in mapping are recognised; none if they are not."""
    return texts_of(content_of(name)["mapping"].get("recognised_by", []), "recognised_by")


def read_mapping(
    named: str | None, columns: Mapping[str, str], told: Mapping[str, Any] = MappingProxyType({})
) -> ColumnMapping:
    """The mapping of a file or of a built-in name; columns and other parts of the command line replace its own.

    Raises BadMappingError.
    """
    given = merged({} if named is None else part_of(content_of(named), "mapping", _PARTS), told)
    said, fallbacks = _columns(part_of(given, "columns", FIELDS))
    form, time = form_of(part_of(given, "format", FORM)), _time(part_of(given, "time", _TIME))
    mapping = ColumnMapping(
        form=form,
        time=time,
        event_types=_event_types(object_of(given.get("event_types", {}), "event_types")),
        whole_numbers=_whole_numbers(given),
        decimal_comma=flag_of(given, "decimal_comma", False, ""),
        missing=("", *texts_of(given.get("missing", []), "missing")),
        no_ids=no_ids_of(given),
        keep=tuple(_rule(rule, f"keep[{place}]") for place, rule in enumerate(list_of(given.get("keep", []), "keep"))),
        columns=_complete({"event_type": f"{CONSTANT}ItemViewed"} | said | dict(columns), time),
        fallbacks={name: others for name, others in fallbacks.items() if name not in columns},
        attributes=_attributes(object_of(given.get("attributes", {}), "attributes")),
    )
    if mapping.event_type is not None and mapping.event_type not in ALIASES:
        raise bad("columns.event_type", f"a column, or {CONSTANT} and one of {', '.join(ALIASES)}", mapping.event_type)
    return mapping


def _columns(given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The column of each field; of a list, the first, and after it those that fill the field where it is absent."""
    named = {
        name: texts_of(said, f"columns.{name}") if isinstance(said, list) else (text_of(said, f"columns.{name}"),)
        for name, said in given.items()
    }
    for name, columns in named.items():
        if not columns or "" in columns or (columns[1:] and name not in _LISTED):
            lists = f"a column (or for {', '.join(_LISTED)} a list, of which the first column with a cell counts)"
            raise bad(f"columns.{name}", lists, given[name])
    return (
        {name: columns[0] for name, columns in named.items()},
        {name: columns[1:] for name, columns in named.items() if columns[1:]},
    )


def _complete(columns: Mapping[str, str], time: TimeForm) -> Mapping[str, str]:
    """All columns, in the order of the fields, so that equal mappings have equal text."""
    if columns["event_type"] in _OF_USERS and "item" in columns:
        raise bad("columns.item", f"no column of items with {columns['event_type']}", columns["item"])
    for name in ("user",) if columns["event_type"] in _OF_USERS else REQUIRED:
        if name not in columns and not (name == "time" and (time.row_order or time.file)):
            raise bad(f"columns.{name}", f"a column (--{name} COLUMN), or a mapping that has it (--mapping)", None)
    return {name: columns[name] for name in FIELDS if name in columns}


def _attributes(given: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): text_of(column, f"attributes.{name}") for name, column in sorted(given.items())}


def _whole_numbers(given: Mapping[str, Any]) -> tuple[str, ...] | None:
    return texts_of(given["whole_numbers"], "whole_numbers", _IDS) if "whole_numbers" in given else None


def _time(given: Mapping[str, Any]) -> TimeForm:
    zone = text_of(given.get("zone", "UTC"), "time.zone")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise bad("time.zone", "a time zone such as UTC or Europe/London", zone) from None
    pattern = given.get("pattern")
    return TimeForm(
        unit=one_of(given.get("unit"), "time.unit", get_args(Unit)),
        pattern=None if pattern is None else text_of(pattern, "time.pattern"),
        zone=zone,
        row_order=flag_of(given, "row_order", False),
        file=_file_time(given.get("file")),
    )


def _file_time(given: object) -> FileTime | None:
    if given is None:
        return None
    said = only_known(object_of(given, "time.file"), "time.file", ("pattern", "origin"))
    pattern, origin = (text_of(said.get(name), f"time.file.{name}") for name in ("pattern", "origin"))
    try:
        if re.compile(pattern).groups != 1:
            raise bad("time.file.pattern", "a regular expression with one group", pattern)
        datetime.fromisoformat(origin)
    except re.error:
        raise bad("time.file.pattern", "a regular expression with one group", pattern) from None
    except ValueError:
        raise bad("time.file.origin", "a date such as 2014-04-01", origin) from None
    return FileTime(pattern, origin)


def _event_types(given: Mapping[str, Any]) -> dict[str, str]:
    for called, name in given.items():
        if name not in ALIASES:
            raise bad(f"event_types.{called}", "one of " + ", ".join(ALIASES), name)
    return {str(called): str(name) for called, name in given.items()}


def _rule(given: object, place: str) -> Keep:
    rule = only_known(object_of(given, place), place, _KEEP)
    prefix, least, allowed = rule.get("not_starting_with"), rule.get("at_least"), rule.get("one_of")
    if [prefix, least, allowed].count(None) != 2:  # all but one
        raise bad(place, "one of not_starting_with, at_least and one_of", sorted(rule))
    if least is not None and (isinstance(least, bool) or not isinstance(least, int | float)):
        raise bad(f"{place}.at_least", "a number", least)
    texts = None if allowed is None else texts_of(allowed, f"{place}.one_of")
    if texts is not None:
        usual = f"one of {', '.join(texts)}"
    else:
        usual = f"at least {least:g}" if least is not None else f"nothing that starts with {prefix}"
    return Keep(
        column=text_of(rule.get("column"), f"{place}.column"),
        expected=text_of(rule.get("expected", usual), f"{place}.expected"),
        not_starting_with=None if prefix is None else text_of(prefix, f"{place}.not_starting_with"),
        at_least=None if least is None else float(least),
        one_of=texts,
    )
