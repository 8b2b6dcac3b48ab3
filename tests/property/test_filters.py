"""Filters find exactly what they say, for any catalogue."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from millstream.application.recommend import filtered
from millstream.application.recommend.filtered import FilteredCatalogue
from millstream.domain.catalogue.filter_text import parse_filter
from millstream.domain.catalogue.items import Item
from millstream.domain.catalogue.publications import parse_publication
from millstream.domain.log.submissions import NO_IDS

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6) | st.sampled_from(
    ["Clothing, Shoes & Jewelry", 'say "no"', "a|b", "a=b", "!=", " x ", "\\", "Ähre", "true", "7", "price<20"]
)
names = texts.filter(bool)
several = st.lists(texts, max_size=3)
numbers = st.floats(1e-6, 1e15) | st.integers(0, 20)
fields = {
    "name": texts,
    "category": texts | several,
    "price": numbers,
    "description": texts,
    "available": st.booleans(),
}
entries = st.fixed_dictionaries(
    {"itemId": names.filter(lambda text: text.strip().lower() not in NO_IDS)},
    optional={**fields, "attributes": st.dictionaries(names, texts | several | numbers | st.booleans(), max_size=3)},
)
catalogues = st.lists(entries, min_size=1, max_size=8, unique_by=lambda entry: entry["itemId"]).map(
    lambda bodies: parse_publication({"items": bodies})
)


def quoted(text: str) -> str:
    """A text as a filter can say it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def valued(item: Item) -> list[tuple[str, Any]]:
    """The names by which a filter can ask for an item, each with its value."""
    own = {"itemId": item.item_id} | {name: getattr(item, name) for name in fields}
    attributes = {f"attributes.{name}": value for name, value in item.attributes.items()}
    return [(name, value) for name, value in (own | attributes).items() if value not in (None, [])]


def said(value: Any) -> str:
    """A value as a filter says it; of a list, its first."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value[0] if isinstance(value, list) else value)


def meets(value: Any, wanted: str) -> bool:
    """Whether a value is equal to a text, as its own type."""
    if value is None or isinstance(value, (str, list)):
        return value is not None and wanted in (value if isinstance(value, list) else [value])
    if isinstance(value, bool):
        return wanted.lower() == str(value).lower()
    try:
        return float(wanted) == value and wanted.isascii() and "_" not in wanted
    except ValueError:
        return False


@given(catalogues, st.data())
def test_a_filter_finds_exactly_the_items_that_meet_it(catalogue: tuple[Item, ...], data: st.DataObject) -> None:
    """`name=value` those with the value, `name!=value` all others; for every field and attribute, whatever the text."""
    name, value = data.draw(st.sampled_from(valued(data.draw(st.sampled_from(catalogue)))))
    wanted = said(value)
    expected = {item.item_id for item in catalogue if meets(dict(valued(item)).get(name), wanted)}
    found = {}
    for comparison in ("=", "!="):
        (condition,) = parse_filter(f"{quoted(name)} {comparison} {quoted(wanted)}")
        condition.check(catalogue)
        found[comparison] = {item.item_id for item in catalogue if condition.holds(item)}
    assert found["="] == expected
    assert expected
    assert found["!="] == {item.item_id for item in catalogue} - expected


@given(catalogues, st.data(), st.integers(1, 9))
def test_the_catalogue_is_searched_to_the_end(catalogue: tuple[Item, ...], data: st.DataObject, n: int) -> None:
    """Newest first, available ones only; the same again, and for any number of readers at once."""
    name, value = data.draw(st.sampled_from(valued(data.draw(st.sampled_from(catalogue)))))
    conditions = parse_filter(f"{quoted(name)}={quoted(said(value))}")
    matching = FilteredCatalogue({item.key: item for item in catalogue}).matching(conditions)
    expected = [
        item.key for item in reversed(catalogue) if item.available and all(one.holds(item) for one in conditions)
    ]
    with patch.object(filtered, "FOUND_AT_ONCE", 2):
        first, second = iter(matching), iter(matching)
        turns = [key for _, key in zip(range(n), first, strict=False)]
        assert list(second) == expected
        assert turns + list(first) == expected
        assert list(matching) == expected
