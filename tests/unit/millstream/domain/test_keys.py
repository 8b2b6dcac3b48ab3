"""Names that are stored everywhere: the literal values here must never change."""

from __future__ import annotations

from millstream.domain.keys import event_tag, item_key, pseudonym


def test_the_key_of_an_item_never_changes() -> None:
    """Rows, models and archives hold these bytes."""
    assert item_key("lamp-42").hex() == "271ffb6611e5"
    assert item_key("lämp 💡").hex() == "921874881226"


def test_the_tag_of_an_event_never_changes() -> None:
    """Dedupe rings hold these bytes."""
    assert event_tag("6f1c").hex() == "b5681ac12c62"


def test_the_pseudonym_of_a_user_never_changes() -> None:
    """The log is partitioned by these bytes."""
    assert pseudonym("ann", b"secret").hex() == "aad4e6199b77de3305e568999486a8be"


def test_a_pseudonym_says_nothing_without_its_secret() -> None:
    """Another secret gives another name, and the user id is not in it."""
    assert pseudonym("ann", b"secret") != pseudonym("ann", b"other")
    assert b"ann" not in pseudonym("ann", b"secret")
