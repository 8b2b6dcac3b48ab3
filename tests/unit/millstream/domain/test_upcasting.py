"""What older versions meant, in today's terms: step by step, each event by hand."""

from __future__ import annotations

from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import VERSION, decode, encode
from millstream.domain.log.upcasting import UPCASTERS, upcast
from tests.builders import event, record

PURCHASE = event("lamp", EventKind.ItemPurchased, quantity=3, sessionId="visit-7")


def test_every_earlier_version_has_a_step_that_leads_from_it() -> None:
    """No record of the past is left behind, and the newest version is the last."""
    assert set(UPCASTERS) == set(range(1, VERSION))


def test_a_purchase_of_version_1_was_of_one_piece() -> None:
    """Beside it, nothing changes."""
    old = record("ann", event("lamp"), event("lamp", EventKind.ItemPurchased, sessionId="visit-7"), event("desk"))
    del old.events[1].attributes["quantity"]
    viewed, purchased, viewed_too = upcast(old, 1).events
    assert purchased.attributes == {"sessionId": "visit-7", "quantity": 1}
    assert (viewed, viewed_too) == (old.events[0], old.events[2])
    assert old.events[1].attributes == {"sessionId": "visit-7"}, "what was decoded is not changed in place"


def test_a_record_of_the_newest_version_stays_as_it_is() -> None:
    """It says itself how many pieces."""
    assert upcast(record("ann", PURCHASE), VERSION) == record("ann", PURCHASE)


def test_a_reader_asks_no_record_for_its_version() -> None:
    """The same bytes under the older version's number mean a purchase of one piece; who decodes sees no difference."""
    new = encode(record("ann", PURCHASE))
    old = new[:1] + b"\x01" + new[2:]
    assert [decode(data).events[0].attributes["quantity"] for data in (old, new)] == [1, 3]
