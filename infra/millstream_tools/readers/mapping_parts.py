"""The parts of mapping files, checked: each error names the part, what was expected, and what is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml

from millstream.domain.errors import shown
from millstream.domain.log.submissions import NO_IDS
from millstream_tools.tables.errors import BadMappingError
from millstream_tools.tables.form import Form, Kind

READY = Path(__file__).parent / "mappings"
FORM = ("kind", "delimiter", "quoted", "header", "typed_header", "encoding", "explode")


def ready_mappings() -> list[str]:
    """The names of the built-in mappings."""
    return sorted(path.stem for path in READY.glob("*.yaml"))


def content_of(named: str) -> dict[str, Any]:
    """What a mapping file has, or the built-in mapping of this name, as `mapping`. Raises BadMappingError."""
    ready = READY / f"{named}.yaml"
    path = ready if named in ready_mappings() else Path(named)
    try:
        content = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise bad("--mapping", f"a file, or one of {', '.join(ready_mappings())}", named) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadMappingError(f"{path}: expected a mapping in YAML: {' '.join(str(error).split())}") from error
    return {"mapping": content}


def merged(given: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a mapping, with those of the command line in their place."""
    parts = dict(given)
    for name, value in told.items():
        parts[name] = {**object_of(parts.get(name, {}), name), **value} if isinstance(value, Mapping) else value
    return parts


def form_of(given: Mapping[str, Any]) -> Form:
    """The part `format`."""
    delimiter = None if "delimiter" not in given else text_of(given["delimiter"], "format.delimiter")
    header = given.get("header")
    encoding = None if "encoding" not in given else encoding_of(text_of(given["encoding"], "format.encoding"))
    return Form(
        kind=one_of(given.get("kind"), "format.kind", get_args(Kind)),
        delimiter=delimiter,
        quoted=flag_of(given, "quoted", True) if "quoted" in given else None,
        header=None if header is None else texts_of(header, "format.header"),
        typed_header=flag_of(given, "typed_header", False),
        encoding=encoding,
        explode=None if "explode" not in given else text_of(given["explode"], "format.explode"),
    )


def no_ids_of(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The words that are no ids, in lower case."""
    texts = texts_of(given["no_ids"], "no_ids") if "no_ids" in given else NO_IDS
    return tuple(sorted({text.lower() for text in texts}))


def encoding_of(name: str) -> str:
    """The name of an encoding."""
    try:
        "".encode(name)
    except LookupError:
        raise bad("format.encoding", "an encoding such as utf-8, cp1252 or utf-16", name) from None
    return name


def part_of(of: Mapping[str, Any], name: str, names: Collection[str]) -> dict[str, Any]:
    """One part of a mapping, which may only have these names."""
    return only_known(object_of(of.get(name, {}), name), name, names)


def only_known(given: dict[str, Any], where: str, names: Collection[str]) -> dict[str, Any]:
    """An object that has no other names than these."""
    for name in given:
        if name not in names:
            raise bad(where, "only the names " + ", ".join(names), name)
    return given


def object_of(value: object, name: str) -> dict[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise bad(name, "a mapping of names to values", value)
    return value


def list_of(value: object, name: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise bad(name, "a list", value)
    return value


def texts_of(value: object, name: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
    """A list of strings, which may be empty ones."""
    texts = tuple(text_of(one, f"{name}[{place}]", empty=True) for place, one in enumerate(list_of(value, name)))
    for text in texts:
        if allowed is not None and text not in allowed:
            raise bad(name, "one of " + ", ".join(allowed), text)
    return texts


def text_of(value: object, name: str, *, empty: bool = False) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not (value or empty):
        raise bad(name, "a string (in quotes if it looks like a number)", value)
    return value


def flag_of(given: Mapping[str, Any], name: str, default: bool, where: str = "format.") -> bool:
    """True or false."""
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise bad(f"{where}{name}", "true or false", value)
    return value


def one_of(value: Any, name: str, allowed: Collection[Any]) -> Any:
    """One of these values, or None."""
    if value is not None and value not in allowed:
        raise bad(name, "one of " + ", ".join(allowed), value)
    return value


def bad(name: str, expected: str, got: object) -> BadMappingError:
    """The error for a part."""
    return BadMappingError(f"{name}: expected {expected}, got {'nothing' if got is None else shown(got)}")
