"""A user asks what is next: an answer always comes, and says where it came from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from millstream.adapters.memory import FixedClock, MemoryDeadLetters, MemoryEventLog, MemoryFeatureStore
from millstream.application.ports import VersionedRow
from millstream.application.project.project_events import ProjectEvents
from millstream.application.recommend.catalogue_view import EMPTY_CATALOGUE, CatalogueView
from millstream.application.recommend.recommend import (
    FEW_CANDIDATES,
    MANY_CANDIDATES,
    NOBODY,
    POLICY,
    Recommend,
    similar_items,
)
from millstream.application.recommend.served import Served
from millstream.domain.attributes import FORGOTTEN, NO_ATTRIBUTES, UNKNOWN, joined
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import InvalidInputError, InvalidRecordError, UnavailableError
from millstream.domain.keys import ItemKey, item_key
from millstream.domain.log.events import Event
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.domain.log.records import decode
from millstream.domain.models.cards import Cost
from millstream.domain.slates.requests import RecommendationRequest, parse_request
from millstream.domain.slates.slate import Candidate, Part, SeenItems, Slate, Source
from millstream.domain.views import trend_row
from millstream.domain.views.trend import heaviest
from millstream.learning.export.model import Servable, export
from millstream.learning.export.origin import Origin
from millstream.learning.families.families import LIGHT, Families
from millstream.learning.interactions import Interactions
from millstream.scoring.onnx_scorer import OnnxScorer
from tests.builders import NOW_MS, SECRET, SHARD, OneView, event, item, log, record, subject, views
from tests.other_code import as_newer_code_writes

CATALOGUE = [item(f"item-{number}", price=float(number)) for number in range(300)]
NOTHING_SEEN = {"excludeSeen": "none"}


@dataclass
class ListScorer:
    """A Scorer that gives the items of a list, best first."""

    best: Sequence[str] = ()
    follows: Sequence[str] = ()
    version: str = "list-1"
    tail_items: int = 10
    exclude_seen: SeenItems | None = None
    told: list[Sequence[int]] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    latest: list[Sequence[ItemKey]] = field(default_factory=list)

    def recommend(
        self, tail: Sequence[ItemKey], excluded: Collection[ItemKey], limit: int, attributes: Sequence[int] = UNKNOWN
    ) -> list[Candidate]:
        """See Scorer."""
        self.limits.append(limit)
        self.latest.append(tail)
        self.told.append(attributes)
        keys = [key for key in map(item_key, self.best) if key not in excluded]
        return [Candidate(key, 1 / place, Source.MODEL, tail[0]) for place, key in enumerate(keys[:limit], 1)]

    def similar(self, item: ItemKey, limit: int) -> list[Candidate]:
        """See Scorer."""
        keys = [key for key in map(item_key, self.follows) if key != item]
        return [Candidate(key, 0.5, Source.MODEL) for key in keys[:limit]]


class Shop:
    """Everything that a recommendation is made of, in memory."""

    def __init__(self, scorer: ListScorer | None = None) -> None:
        self.store = MemoryFeatureStore()
        self.log = MemoryEventLog()
        self.errors: list[Exception] = []
        self.view = without_newest({one.key: one for one in CATALOGUE})
        self.served = Served(lambda: scorer, lambda: self.view, self._trending, lambda: self.store)
        self.recommend = Recommend(self.log, self.served, FixedClock(NOW_MS), SECRET, self.errors.append)
        self.happened = 0

    def happens(self, user: str, *events: Event, attributes: bytes = NO_ATTRIBUTES) -> Position:
        """Let a user do something, and fold it."""
        self.happened += 1
        batch = log(replace(record(user, *events), attributes=attributes), first=self.happened)
        ProjectEvents(OneView(self.store), MemoryDeadLetters())(SHARD, batch)
        return batch[0].position

    def slate(self, user: str | None = "ann", **body: object) -> Slate:
        """What the user is recommended."""
        return self.recommend(parse_request({"userId": user, **body}, NOW_MS), "rec-1")

    def _trending(self) -> Sequence[tuple[ItemKey, float]]:
        return heaviest([trend_row.unpack(row.data) for row in self.store.read_trends().values()], 500)


def without_newest(items: Mapping[ItemKey, Item]) -> CatalogueView:
    """A catalogue that fills no slate: what is recommended comes from elsewhere."""
    view = CatalogueView(items)
    view.newest = ()
    return view


def ids(slate: Slate) -> list[str]:
    """The slate's item ids, in order, without those from the catalogue that fill it."""
    return [place.item.item_id for place in slate.items if place.source is not Source.CATALOGUE]


def test_an_unknown_user_gets_the_trending_items() -> None:
    """In the order of their weights, whatever the model knows."""
    shop = Shop(ListScorer(["item-9"]))
    shop.happens("bob", event("item-1", EventKind.ItemPurchased), event("item-2"))
    slate = shop.slate("nobody")
    assert ids(slate) == ["item-1", "item-2"]
    assert [place.score for place in slate.items[:2]] == [1.0, 0.25]
    assert {place.reason for place in slate.items[:2]} == {"popular with everybody right now"}
    assert slate.provenance.user_position is None
    assert slate.provenance.tier == "trending"


@pytest.mark.parametrize(
    ("chosen", "requested", "applied"),
    [
        (None, None, SeenItems.SESSION),
        (SeenItems.NONE, None, SeenItems.NONE),
        (SeenItems.PURCHASED, None, SeenItems.PURCHASED),
        (SeenItems.NONE, SeenItems.SESSION, SeenItems.SESSION),
        (SeenItems.ALL, SeenItems.NONE, SeenItems.NONE),
    ],
)
def test_the_models_exclusion_applies_unless_the_request_has_one(
    chosen: SeenItems | None, requested: SeenItems | None, applied: SeenItems
) -> None:
    """The answer and the log say which."""
    shop = Shop(ListScorer(["item-1", "item-2", "item-3"], exclude_seen=chosen))
    shop.happens("ann", event("item-1", EventKind.ItemPurchased), event("item-2"))
    query = {} if requested is None else {"excludeSeen": requested.value}
    slate = shop.slate(**query)
    given = [place.item.item_id for place in slate.items if place.source is Source.MODEL]
    left_out = {"none": set(), "purchased": {"item-1"}, "session": {"item-1", "item-2"}}[applied]
    assert {"item-1", "item-2", "item-3"} - set(given) == left_out
    assert slate.provenance.exclude_seen is applied
    shop.recommend.log_slate(parse_request({"userId": "ann", **query}, NOW_MS), slate)
    (served,) = decode(shop.log.records[-1].data).events
    assert served.attributes["excludeSeen"] == applied.value


def test_a_model_reads_what_the_row_and_the_request_say_of_the_user() -> None:
    """The request comes first; what it forgets is unknown. The log has what the request said."""
    scorer = ListScorer(["item-1"])
    shop = Shop(scorer)
    shop.happens("ann", event("item-2"), attributes=joined([1, 2, 3, 0, 0, 0, 0, 0]))
    said = joined([0, 7, FORGOTTEN, 0, 0, 0, 0, 0])
    slate = shop.recommend(RecommendationRequest("ann", attributes=said), "rec-1")
    assert scorer.told[-1] == (1, 7, 0, 0, 0, 0, 0, 0)
    shop.recommend.log_slate(RecommendationRequest("ann", attributes=said), slate)
    assert decode(shop.log.records[-1].data).attributes == said


def test_own_items_come_first_with_a_model_that_was_chosen_so(tmp_path: Path) -> None:
    """From its folder, through the whole request."""
    parts = [{"family": "covisitation", "weight": 1.0}, {"family": "own_items", "weight": 30.0}]
    model = Families(LIGHT).create("blend", {"parts": parts, "scaled": True})
    user = np.repeat(np.arange(30), 3)
    item = np.tile([1, 2, 3], 30)
    rows = Interactions(user, item, np.arange(90.0), [f"u{n}" for n in range(30)], [f"item-{n}" for n in range(5)])
    model.fit(rows, 0)
    exported = export(
        cast("Servable", model), rows.items, tmp_path, Origin("set", 0, Cost(0, 0), 0, {}), SeenItems.NONE
    )
    shop = Shop(cast("ListScorer", OnnxScorer.load(exported.folder, exported.version)))
    shop.happens("ann", *views("item-4", "item-1"))
    assert [place.item.item_id for place in shop.slate(n=2).items] == ["item-1", "item-4"]
    of_a_session = shop.slate(n=3, excludeSeen="session")
    assert not {"item-1", "item-4"} & {place.item.item_id for place in of_a_session.items}


def test_a_known_user_gets_the_models_items_first() -> None:
    """Then the neighbours of the last item, then what is trending, each item once."""
    shop = Shop(ListScorer(best=["item-9", "item-8"], follows=["item-8", "item-7"]))
    shop.happens("bob", *views("item-9", "item-5"))
    position = shop.happens("ann", *views("item-1"))
    slate = shop.slate(n=5, **NOTHING_SEEN)
    assert [(place.item.item_id, place.source) for place in slate.items] == [
        ("item-9", Source.MODEL),
        ("item-8", Source.MODEL),
        ("item-7", Source.NEIGHBOURS),
        *[(item_id, Source.TRENDING) for item_id in ids(slate)[3:]],
    ]
    assert set(ids(slate)[3:]) == {"item-5", "item-1"}
    assert slate.items[0].reason == "often goes with Item-1"
    assert (slate.provenance.user_position, slate.provenance.model_version) == (position, "list-1")
    assert (slate.provenance.policy, slate.provenance.tier) == (POLICY.name, "in-process")
    assert {place.propensity for place in slate.items} == {1.0}


def test_without_a_model_the_trending_items_serve() -> None:
    """And the answer says that no model did."""
    shop = Shop(scorer=None)
    shop.happens("bob", *views("item-3"))
    shop.happens("ann", *views("item-1"))
    slate = shop.slate()
    assert ids(slate) == ["item-3"]
    assert (slate.provenance.model_version, slate.provenance.tier) == (None, "trending")


def test_a_shop_in_which_nothing_ever_happened_answers_with_what_it_has() -> None:
    """No user, no model, no trend: the items published last; without a catalogue an empty slate."""
    shop = Shop()
    slate = shop.slate(n=2)
    assert [(place.item.item_id, place.source, place.reason) for place in slate.items] == [
        ("item-299", Source.CATALOGUE, "from the catalogue"),
        ("item-298", Source.CATALOGUE, "from the catalogue"),
    ]
    assert not slate.stale
    shop.view = EMPTY_CATALOGUE
    assert shop.slate().items == ()
    assert shop.slate(filter="colour=red").items == ()


def test_a_shop_in_which_nobody_did_anything_yet_shows_its_newest_items() -> None:
    """Newest first; behind the trending items once there are some, each item once."""
    shop = Shop()
    shop.view = CatalogueView({key: shop.view.items[key] for key in map(item_key, ("item-6", "item-7"))})
    assert [(place.item.item_id, place.source) for place in shop.slate(n=2).items] == [
        ("item-7", Source.NEWEST),
        ("item-6", Source.NEWEST),
    ]
    shop.happens("bob", *views("item-6"))
    assert ids(shop.slate()) == ["item-6", "item-7"]


def test_a_shop_in_which_only_satisfaction_was_reported_answers_too() -> None:
    """Nothing weighs anything there."""
    shop = Shop()
    shop.happens("ann", event("item-1", EventKind.SatisfactionReported))
    assert ids(shop.slate()) == []


@pytest.mark.parametrize(
    ("policy", "left_out"),
    [
        (SeenItems.NONE, set()),
        (SeenItems.SESSION, {"item-3"}),
        (SeenItems.PURCHASED, {"item-2"}),
        (SeenItems.ALL, {"item-1", "item-2", "item-3"}),
    ],
)
def test_seen_items_stay_out_as_the_policy_says(policy: SeenItems, left_out: set[str]) -> None:
    """From the model's items, the neighbours and the trending items alike."""
    mine = [f"item-{number}" for number in range(5)]
    shop = Shop(ListScorer(best=mine[:2], follows=mine[2:]))
    shop.happens("bob", *views(*mine))
    shop.happens("ann", event("item-1", at_ms=NOW_MS - 9_000_000))
    shop.happens("ann", event("item-2", EventKind.ItemPurchased, at_ms=NOW_MS - 8_000_000))
    shop.happens("ann", event("item-3"))
    slate = shop.slate(excludeSeen=policy, n=100)
    assert set(ids(slate)) == set(mine) - left_out
    assert not {place.item.item_id for place in slate.items} & left_out


@pytest.mark.parametrize("policy", SeenItems)
@pytest.mark.parametrize("kind", [EventKind.ItemDisliked, EventKind.ItemHidden])
def test_a_rejected_item_stays_out_whatever_the_policy_says(policy: SeenItems, kind: EventKind) -> None:
    """Long after the event itself is forgotten; an item that was skipped may come back."""
    shop = Shop(ListScorer(best=["item-1", "item-2"], follows=["item-1", "item-2"]))
    shop.happens("bob", *views("item-1", "item-2"))
    shop.happens("ann", event("item-1", kind), event("item-2", EventKind.ItemSkipped, at_ms=NOW_MS + 1))
    for number in range(4):
        shop.happens("ann", *views(*(f"other-{number}-{place}" for place in range(20)), start_ms=NOW_MS + 10**7))
    shop.view = CatalogueView({one.key: one for one in CATALOGUE[:3]}, (), NOW_MS)
    assert [place.item.item_id for place in shop.slate(excludeSeen=policy).items] == ["item-2", "item-0"]


def test_items_that_cannot_be_had_stay_out() -> None:
    """Not in the catalogue, or not available."""
    shop = Shop(ListScorer(best=["ghost", "gone", "item-5"]))
    gone = item("gone", available=False)
    shop.view = without_newest({**shop.view.items, gone.key: gone})
    shop.happens("ann", *views("item-1"))
    assert ids(shop.slate(n=1)) == ["item-5"]


def test_a_filter_that_leaves_few_looks_further() -> None:
    """Beyond the first candidates, until the slate is full."""
    scorer = ListScorer(best=[one.item_id for one in CATALOGUE])
    shop = Shop(scorer)
    shop.happens("ann", *views("item-1"))
    slate = shop.slate(n=20, filter=f"price>={FEW_CANDIDATES - 5}")
    assert ids(slate) == [f"item-{number}" for number in range(195, 215)]
    assert scorer.limits == [FEW_CANDIDATES, MANY_CANDIDATES]


def test_a_filter_is_met_from_the_whole_catalogue() -> None:
    """Also by items that no source proposes; the newest come first."""
    shop = Shop(ListScorer(best=[one.item_id for one in CATALOGUE[200:]]))
    shop.happens("ann", *views("item-1"))
    slate = shop.slate(n=20, filter="price<10")
    assert [place.item.item_id for place in slate.items] == [f"item-{number}" for number in (9, 8, 7, 6, 5, 4, 3, 2, 0)]
    assert {place.source for place in slate.items} == {Source.CATALOGUE}


def test_a_user_who_saw_all_newest_items_gets_older_ones() -> None:
    """A whole slate."""
    shop = Shop()
    shop.view = CatalogueView(shop.view.items, [one.key for one in reversed(CATALOGUE[200:])], NOW_MS)
    for number in (0, 50):
        shop.happens("ann", *views(*(one.item_id for one in CATALOGUE[200 + number : 250 + number])))
    assert len(shop.slate(n=40).items) == 40


def test_a_filter_with_an_unknown_name_is_refused() -> None:
    """Before anything is computed."""
    with pytest.raises(InvalidInputError, match="filter: expected one of itemId, name, .*, got 'categroy'"):
        Shop().slate(filter="categroy=Toys")


@pytest.mark.parametrize("reads", [1, 12, 50])
def test_a_model_is_told_as_much_of_the_past_as_it_reads(reads: int) -> None:
    """Of twenty items."""
    scorer = ListScorer(best=["item-5"], tail_items=reads)
    shop = Shop(scorer)
    shop.happens("ann", *views(*(f"item-{number}" for number in range(20))))
    shop.slate()
    assert [len(latest) for latest in scorer.latest] == [min(reads, 20)]


def test_without_a_filter_the_model_is_asked_once() -> None:
    """Asking for more would bring nothing new."""
    scorer = ListScorer(best=["item-5"])
    shop = Shop(scorer)
    shop.happens("ann", *views("item-1"))
    shop.slate(n=100)
    assert scorer.limits == [FEW_CANDIDATES]


def test_a_filter_that_nothing_meets_gives_an_empty_slate() -> None:
    """Not the items that it forbids."""
    shop = Shop(ListScorer(best=["item-5"]))
    shop.happens("ann", *views("item-1"))
    assert shop.slate(filter="category=Nowhere").items == ()


def test_an_answer_that_lacks_the_position_asked_for_says_so() -> None:
    """Read your writes: the position of the user's own last event, one before it, and one to come."""
    shop = Shop()
    first = shop.happens("ann", *views("item-1"))
    second = shop.happens("ann", event("item-2"))
    assert not shop.slate(minPosition=str(first)).stale
    assert not shop.slate(minPosition=str(second)).stale
    assert shop.slate(minPosition=str(Position(SHARD, 3))).stale
    assert shop.slate(minPosition=str(Position("shardId-000000000001", 1))).stale
    assert not shop.slate().stale


def test_an_unknown_users_answer_is_stale_while_the_event_is_on_its_way() -> None:
    """There is no row yet."""
    assert Shop().slate("nobody", minPosition=f"{SHARD}:1").stale


def test_a_slate_is_logged_with_all_that_made_it() -> None:
    """Under the user's pseudonym; with this a recommendation can be computed again."""
    shop = Shop(ListScorer(best=["item-5"]))
    position = shop.happens("ann", *views("item-1"))
    slate = shop.slate(n=1)
    shop.recommend.log_slate(RecommendationRequest("ann"), slate)
    (stored,) = shop.log.records
    logged = decode(stored.data)
    (served,) = logged.events
    assert logged.subject == subject("ann")
    assert (served.kind, served.event_id, served.item_id) == (EventKind.SlateServed, "rec-1", None)
    assert served.attributes == {
        "items": [["item-5", "model", 1.0]],
        "userPosition": str(position),
        "modelVersion": "list-1",
        "policy": POLICY.name,
        "tier": "in-process",
        "excludeSeen": "session",
    }


def test_a_visitor_without_an_id_gets_what_goes_with_the_items_at_hand() -> None:
    """The model's items for the context, which is not recommended itself; nobody's row is read."""
    shop = Shop(ListScorer(best=["item-1", "item-9", "item-2"]))
    shop.served = replace(shop.served, features=lambda: pytest.fail("no row is read"))
    shop.recommend = replace(shop.recommend, served=shop.served)
    slate = shop.slate(None, itemIds=["item-1", "ghost", "item-1"], n=2)
    assert [(place.item.item_id, place.source) for place in slate.items] == [
        ("item-9", Source.MODEL),
        ("item-2", Source.MODEL),
    ]
    assert slate.items[0].reason == "often goes with Item-1"
    assert (slate.provenance.user_position, slate.stale) == (None, False)


def test_an_item_that_comes_again_because_of_itself_says_so() -> None:
    """It does not often go with itself."""
    shop = Shop(ListScorer(best=["item-1", "item-9"]))
    shop.happens("ann", *views("item-1"))
    slate = shop.slate(n=2, **NOTHING_SEEN)
    assert [place.reason for place in slate.items] == ["one of your latest items", "often goes with Item-1"]


def test_the_context_counts_as_the_users_latest_items() -> None:
    """Before the user's own, each item once, and no more than the model reads."""
    scorer = ListScorer(best=["item-5"], tail_items=3)
    shop = Shop(scorer)
    shop.happens("ann", *views("item-1", "item-2", "item-3"))
    slate = shop.slate(itemIds=["item-2", "item-7"])
    assert scorer.latest[0] == [item_key(item_id) for item_id in ("item-2", "item-7", "item-3")]
    assert slate.items[0].reason == "often goes with Item-2"


def test_items_that_a_request_excludes_stay_out() -> None:
    """Whatever proposes them."""
    shop = Shop(ListScorer(best=["item-1", "item-2"]))
    shop.happens("ann", *views("item-9"))
    assert ids(shop.slate(exclude=["item-1", "ghost"], n=1)) == ["item-2"]


def test_a_session_ends_by_the_time_of_the_request() -> None:
    """Ours, or the one that the request says."""
    shop = Shop(ListScorer(best=["item-1", "item-2"]))
    shop.happens("ann", *views("item-1", start_ms=NOW_MS - 3_600_000))
    assert ids(shop.slate(n=2)) == ["item-1", "item-2"]
    assert ids(shop.slate(n=1, sentAt=NOW_MS / 1000 - 3_599)) == ["item-2"]


def test_a_slate_without_a_user_is_logged_without_one() -> None:
    """With the session and the context, at the time of the request."""
    shop = Shop(ListScorer(best=["item-5"]))
    asked = parse_request({"sessionId": "visit-7", "itemIds": ["item-1"], "n": 1, "sentAt": 1.5e9}, NOW_MS)
    shop.recommend.log_slate(asked, shop.recommend(asked, "rec-1"))
    (stored,) = shop.log.records
    logged = decode(stored.data)
    (served,) = logged.events
    assert (logged.subject, logged.recorded_at_ms, served.occurred_at_ms) == (NOBODY, NOW_MS, 1_500_000_000_000)
    assert stored.partition_key != NOBODY.hex()
    assert (served.attributes["sessionId"], served.attributes["context"]) == ("visit-7", ["item-1"])
    assert served.attributes["items"] == [["item-5", "model", 1.0]]


def test_a_user_is_unknown_while_the_table_of_users_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer says that it is degraded, and in what."""
    shop = Shop()
    shop.happens("bob", *views("item-1"))

    def unavailable(_: bytes) -> None:
        raise UnavailableError("no table")

    monkeypatch.setattr(shop.store, "read_user", unavailable)
    slate = shop.recommend(RecommendationRequest("ann"), "rec-1")
    assert (ids(slate), slate.degraded) == (["item-1"], (Part.USER,))
    assert [type(error) for error in shop.errors] == [UnavailableError]


def test_similar_items_are_those_that_follow() -> None:
    """Never the item itself; none without a model."""
    shop = Shop(ListScorer(follows=["item-1", "item-2", "ghost", "item-3"]))
    places = similar_items(shop.served, "item-1", 2)
    assert [place.item.item_id for place in places] == ["item-2", "item-3"]
    assert {place.source for place in places} == {Source.NEIGHBOURS}
    assert similar_items(Shop().served, "item-1", 2) == ()


@pytest.mark.parametrize("damage", [as_newer_code_writes, lambda row: row[:-1]], ids=["newer code", "damaged"])
def test_a_user_whose_row_cannot_be_read_is_answered_as_an_unknown_one(damage: Callable[[bytes], bytes]) -> None:
    """And somebody hears of it."""
    shop = Shop(ListScorer(best=["item-9"]))
    position = shop.happens("ann", *views("item-1", "item-2"))
    version, data = shop.store.users[subject("ann")]
    shop.store.users[subject("ann")] = VersionedRow(version, damage(data))
    slate = shop.slate(minPosition=str(position))
    assert ids(slate) == ids(shop.slate("nobody"))
    assert (slate.provenance.user_position, slate.stale) == (None, True)
    (error,) = shop.errors
    assert isinstance(error, InvalidRecordError)
    assert error.field.startswith("user row")
