"""Which columns of a catalogue file become which fields of an item, from a YAML file and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from millstream.domain.log.submissions import NO_IDS
from millstream_tools.readers.mapping_parts import (
    FORM,
    content_of,
    flag_of,
    form_of,
    merged,
    no_ids_of,
    part_of,
    text_of,
    texts_of,
)
from millstream_tools.tables.form import Form

FIELDS = ("itemId", "name", "category", "price", "description", "available")
"""The fields of PUT /items except attributes; columns with these names need no option."""

_PARTS = ("format", "columns", "attributes", "whole_numbers", "decimal_comma", "missing", "no_ids")


@dataclass(frozen=True)
class ItemColumns:
    """Which column fills which of FIELDS, which columns are attributes, and how cells are read.

    Ids are read as those of events are (mapping.py); `whole_numbers` None: recognised.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    attributes: Sequence[str] = ()
    form: Form = field(default_factory=Form)
    whole_numbers: bool | None = None
    decimal_comma: bool = False
    missing: tuple[str, ...] = ("",)
    no_ids: tuple[str, ...] = tuple(sorted(NO_IDS))


def read_item_columns(
    named: str | None,
    columns: Mapping[str, str],
    attributes: Sequence[str] = (),
    told: Mapping[str, Any] = MappingProxyType({}),
) -> ItemColumns:
    """The mapping of a file; columns and other parts of the command line replace its own. Raises BadMappingError."""
    given = merged({} if named is None else part_of(content_of(named), "mapping", _PARTS), told)
    said = {name: text_of(column, f"columns.{name}") for name, column in part_of(given, "columns", FIELDS).items()}
    return ItemColumns(
        fields=said | dict(columns),
        attributes=tuple(attributes) or texts_of(given.get("attributes", []), "attributes"),
        form=form_of(part_of(given, "format", FORM)),
        whole_numbers=flag_of(given, "whole_numbers", False, "") if "whole_numbers" in given else None,
        decimal_comma=flag_of(given, "decimal_comma", False, ""),
        missing=("", *texts_of(given.get("missing", []), "missing")),
        no_ids=no_ids_of(given),
    )
