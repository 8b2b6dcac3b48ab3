"""Forms that stacks have stored are read, those of newer code are refused by name, and each is written with its number.

The files of `events/golden` of version 1 were written before these forms had a number, which makes them format 1.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from millstream.adapters.aws.dynamo_catalogue import DynamoCatalogue
from millstream.adapters.aws.dynamo_imports import DynamoImports
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.aws.s3_model_store import S3ModelStore
from millstream.adapters.memory import MemoryWorkspace
from millstream.application.ports import CatalogueChange, ImportEntry, ViewVersion
from millstream.application.replay.building import begun, checked_segment, rebuilt_partition, rebuilt_trend
from millstream.application.replay.plan import NAME, planned, stored_plan
from millstream.application.replay.reading import kept_log
from millstream.application.replay.snapshot import snapshot_of
from millstream.application.replay.trends import fold_trend
from millstream.domain.catalogue.items import Item
from millstream.domain.errors import ConflictError, UnknownFormatError
from millstream.domain.keys import item_key
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, shard_name
from millstream.domain.log.records import decode
from millstream.domain.models.cards import Cost, LogRange, read_card
from millstream.domain.models.promotions import Promotion
from millstream.domain.views import trend_row, user_row
from millstream.scoring.signature import FeatureSet, check_next_items, read_signature
from millstream_tools.cloud.local.clients import REGION
from millstream_tools.places import CHECKOUT
from tests.builders import NOW_MS, subject
from tests.contract.conftest import moto  # noqa: F401  # a fixture
from tests.contract.places import Place
from tests.unit.millstream.application.replay.shop import ShopInMemory

GOLDEN = CHECKOUT / "events" / "golden"
SHARD = shard_name(3)
FIRST = 49664384950321012345678901234567890123456789012345678000
ONE, OTHER = "covisitation-aaaaaaaaaaaa", "covisitation-bbbbbbbbbbbb"


class Stored:
    """A table with rows as they lie in real ones, and an adapter over it."""

    def __init__(self, place: Place, table: str, golden: str, adapter: Callable[[Place, str], Any]) -> None:
        self.place, self.table = place, place.table(table)
        self.adapter = adapter(place, self.table)
        for row in json.loads((GOLDEN / "rows" / golden).read_text()):
            self.put(row)

    def put(self, row: dict[str, Any]) -> None:
        self.place.client("dynamodb").put_item(TableName=self.table, Item=row)

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.place.client("dynamodb").scan(TableName=self.table)["Items"]
        return found

    def renew(self) -> None:
        """Newer code wrote all rows."""
        for row in self.rows():
            self.put({**row, "format": {"N": "9"}})


def catalogue(place: Place) -> Stored:
    return Stored(place, "CatalogueTable", "catalogue.v1.json", lambda _, table: DynamoCatalogue(table, REGION))


def imports(place: Place, golden: str = "imports.v1.json") -> Stored:
    return Stored(place, "ItemsTable", golden, lambda place, table: DynamoImports(place.client("dynamodb"), table))


def views(place: Place, golden: str = "views.v1.json") -> Stored:
    return Stored(
        place, "ItemsTable", golden, lambda place, table: DynamoViews(place.client("dynamodb"), "users", table)
    )


def models(place: Place) -> Stored:
    return Stored(
        place,
        "ModelsTable",
        "models.v1.json",
        lambda place, table: S3ModelStore(place.client("s3"), place.client("dynamodb"), place.bucket(), table),
    )


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """PynamoDB looks for them in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


def test_a_stored_catalogue_is_read(moto: Place) -> None:  # noqa: F811
    """Every field of an item, and when it changed."""
    lamp = Item(
        "lamp", "Lamp", "Lighting", 39.9, "Warm light.", True, {"colour": "red", "watts": 7.0, "dimmable": True}
    )
    desk = Item("desk", "Desk", available=False)
    stored = catalogue(moto)
    assert [stored.adapter.get(item_id) for item_id in ("lamp", "desk")] == [lamp, desk]
    changes = sorted(stored.adapter.changed_since(0), key=lambda change: change.item.item_id)
    assert changes == [CatalogueChange(desk, NOW_MS, NOW_MS), CatalogueChange(lamp, NOW_MS, NOW_MS)]


def test_a_stored_item_with_several_categories_is_read(moto: Place) -> None:  # noqa: F811
    """Format 2; an item with one category is still written in format 1."""
    stored = Stored(moto, "CatalogueTable", "catalogue.v2.json", lambda _, table: DynamoCatalogue(table, REGION))
    vase = Item("vase", "Vase", ["Glass", "Clothing, Shoes & Jewelry"], attributes={"tags": ["blue", "small"]})
    assert stored.adapter.get("vase") == vase
    stored.adapter.publish([vase, Item("lamp", "Lamp", "Lighting")], NOW_MS)
    assert {(row["item_id"]["S"], row["format"]["N"]) for row in stored.rows()} == {("vase", "2"), ("lamp", "1")}


def test_stored_imports_are_read(moto: Place) -> None:  # noqa: F811
    """One that ended, and one that did not."""
    assert imports(moto).adapter.entries() == [
        ImportEntry(1, "shop-2025", "orders.csv.gz", NOW_MS, {"records": 12, "events": 40, "rejected": 1}),
        ImportEntry(2, "shop-2026", "more.csv.gz", NOW_MS + 1000, None),
    ]
    assert imports(moto, "imports.v2.json").adapter.entries() == [
        ImportEntry(
            1, "shop-2025", "orders.csv.gz", NOW_MS, {"records": 12, "events": 40, "rejected": 1}, ("00ff",),
            (1_700_000_000_000, 1_700_000_060_000),
        ),
        ImportEntry(2, "shop-2026", "more.csv.gz", NOW_MS + 1000, None, ("01", "02"), None, void=True),
    ]  # fmt: skip


def test_stored_versions_of_the_views_are_read(moto: Place) -> None:  # noqa: F811
    """One that was dropped, the one that serves, and how many shards began in it."""
    stored = views(moto).adapter
    assert stored.versions() == [
        ViewVersion(1),
        ViewVersion(2, "a1b2c3d4", NOW_MS, {SHARD: FIRST}, dropped=True),
        ViewVersion(3, "e5f6", NOW_MS + 5),
    ]
    assert (stored.serving(), stored.shards_begun()) == (3, 1)
    newer = views(moto, "views.v2.json").adapter
    assert newer.versions() == [
        ViewVersion(1),
        ViewVersion(2, "a1b2c3d4", NOW_MS, {"history": 12}, imports={"history-2": 9}, void={"history-1": 4}),
    ]
    assert newer.serving() == 2


def test_stored_models_and_promotions_are_read(moto: Place) -> None:  # noqa: F811
    """With their cards, and the rollback among the promotions."""
    stored = models(moto).adapter
    assert stored.champion() == ONE
    assert stored.promotions() == [
        Promotion(1, ONE, None, NOW_MS),
        Promotion(2, OTHER, ONE, NOW_MS + 1),
        Promotion(3, ONE, OTHER, NOW_MS + 2, rolled_back=True),
    ]
    model = stored.model(OTHER)
    assert (model.published_at_ms, model.signature) == (NOW_MS, {"format": 1, "opset": 21, "inputs": []})
    assert model.card.log == LogRange(((Position(SHARD, FIRST), Position(SHARD, FIRST + 9)),), 10, 1, 40, 7, "ab" * 32)
    assert (model.card.cost, model.card.metrics) == (Cost(3.5, 6.25), {"time split": {"HR@10": 0.25}})


READINGS: Sequence[tuple[str, Callable[[Place], Stored], Callable[[Any], object]]] = [
    ("an item", catalogue, lambda adapter: adapter.get("lamp")),
    ("imports", imports, lambda adapter: adapter.entries()),
    ("versions of the views", views, lambda adapter: adapter.versions()),
    ("the view that serves", views, lambda adapter: adapter.serving()),
    ("a model", models, lambda adapter: adapter.model(ONE)),
    ("models", models, lambda adapter: adapter.models()),
    ("the champion", models, lambda adapter: adapter.champion()),
    ("promotions", models, lambda adapter: adapter.promotions()),
]


@pytest.mark.parametrize(("rows", "read"), [case[1:] for case in READINGS], ids=[case[0] for case in READINGS])
def test_rows_of_newer_code_are_refused_by_name(
    moto: Place,  # noqa: F811
    rows: Callable[[Place], Stored],
    read: Callable[[Any], object],
) -> None:
    """What their attributes mean is not guessed at."""
    stored = rows(moto)
    stored.renew()
    with pytest.raises(UnknownFormatError) as refused:
        read(stored.adapter)
    assert refused.value.field.endswith(": format")
    assert refused.value.expected in ("1", "1 to 2")
    assert refused.value.got == "9"


def test_items_of_newer_code_are_left_out_of_the_changes_by_name(moto: Place) -> None:  # noqa: F811
    """The others would still be read."""
    stored, unreadable = catalogue(moto), dict[str, Exception]()
    stored.renew()
    assert list(stored.adapter.changed_since(0, unreadable.__setitem__)) == []
    assert set(unreadable) == {item_key("lamp").hex(), item_key("desk").hex()}
    assert {type(error) for error in unreadable.values()} == {UnknownFormatError}


def test_the_next_write_gives_a_row_its_number(moto: Place) -> None:  # noqa: F811
    """Rows that are not written again stay as they are."""
    written: list[tuple[Stored, Callable[[Any], object], set[str], str]] = [
        (catalogue(moto), lambda adapter: adapter.publish([Item("lamp", "Lamp")], NOW_MS + 1), {"lamp"}, "1"),
        (imports(moto), lambda adapter: (adapter.begin("third", "a.csv", NOW_MS), adapter.void(2)),
         {"0000002", "0000003"}, "2"),
        (views(moto), lambda adapter: (adapter.begin(ViewVersion(4)), adapter.switch(3, 4, {})),
         {"00004", "serving"}, "21"),
        (models(moto), lambda adapter: adapter.promote(Promotion(4, OTHER, ONE, NOW_MS)), {"@champion"}, "1"),
    ]  # fmt: skip
    for stored, write, names, newest in written:
        write(stored.adapter)
        numbered = [row for row in stored.rows() if "format" in row]
        assert {row["format"]["N"] for row in numbered} == set(newest)
        assert {_name(row) for row in numbered} == names
        assert len(stored.rows()) > len(numbered)


def _name(row: dict[str, Any]) -> str:
    return next(str(row[name]["S"]) for name in ("item_id", "version", "shard") if name in row)


def archived(place: Place, ending: str = ".jsonl.gz", stored: str = "002.jsonl.gz") -> S3Archive:
    """The stored object in a bucket of its own."""
    bucket, path = place.bucket(), next(path for path in (GOLDEN / "archive").iterdir() if path.name.endswith(stored))
    key = f"archive/2026-11-22/{SHARD}/{path.name.removesuffix('.jsonl.gz')}{ending}"
    place.client("s3").put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    return S3Archive(place.client("s3"), bucket)


@pytest.mark.parametrize(("stored", "start"), [("002.jsonl.gz", None), (".v2.jsonl.gz", 120)])
def test_a_stored_archive_object_is_read(moto: Place, stored: str, start: int | None) -> None:  # noqa: F811
    """Its records with their positions and keys, also one that nobody can read."""
    archive = archived(moto, stored=stored)
    assert [one.start for one in archive.listing().objects] == [start]
    first, second, third = archive.read()
    assert [one.position for one in (first, second, third)] == [Position(SHARD, FIRST + place) for place in range(3)]
    assert [event.kind for event in decode(first.data).events] == [EventKind.ItemPurchased, EventKind.ItemViewed]
    assert (decode(second.data).subject, third.data) == (subject("bob"), b"not a record")


def test_an_archive_object_of_newer_code_is_reported_by_name(moto: Place) -> None:  # noqa: F811
    """Its name says its format, before a byte of it is read; the numbers of records of the others say what it has."""
    listing = archived(moto, ".v3.jsonl.gz").listing()
    ((name, reason),) = listing.foreign.items()
    assert not listing.objects
    assert "shardId-000000000003" in name
    assert "expected 1 to 2, got 3" in reason


def left_behind(name: str) -> MemoryWorkspace:
    """What a rebuild left behind that was killed before it took over."""
    workspace = MemoryWorkspace()
    for entry, data in json.loads((GOLDEN / "workspace" / name).read_text()).items():
        workspace.put(entry, base64.b64decode(data))
    return workspace


@pytest.fixture
def workspace() -> MemoryWorkspace:
    """That of a rebuild of format 2."""
    return left_behind("rebuild.v2.json")


def test_the_workspace_of_a_replay_is_read(workspace: MemoryWorkspace) -> None:
    """The plan, the log in pieces, the rows beside it, results of steps, and a half-folded trend."""
    plan, log = stored_plan(workspace), kept_log(workspace)
    assert (len(plan.slices), plan.partitions, plan.serving, plan.began_at_ms) == (2, 2, 1, NOW_MS)
    assert log.reached == {shard_name(0): 11, shard_name(1): 10}
    assert set(log.amendments.erasures) == {subject("eve")}
    states = {user: user_row.unpack(row) for user, row in snapshot_of(workspace, 1).items()}
    assert {user: state.applied for user, state in states.items()} == {
        subject("ann"): 4,
        subject("bob"): 4,
        subject("cem"): 4,
        subject("eve"): 0,
    }
    assert rebuilt_partition(workspace, 1).tally.applied == 13
    assert checked_segment(workspace, 0).rows == 3
    pieces = [piece for piece in log.pieces if piece.shard == shard_name(0)]
    assert fold_trend(workspace, pieces, 2).hex() == rebuilt_trend(workspace, shard_name(0)).row
    half = workspace.get(f"half/trend-{shard_name(0)}")
    assert trend_row.unpack(half[4:]).position == Position(shard_name(0), 6)


def test_other_code_does_not_go_on_with_a_rebuild(workspace: MemoryWorkspace) -> None:
    """Rows of two formats would lie in one version."""
    assert begun(workspace, "code").number == 2
    for one in (workspace, left_behind("rebuild.v1.json")):
        with pytest.raises(ConflictError, match="started by"):
            begun(one, "newer code")


def test_the_workspace_of_newer_code_is_refused_by_name(workspace: MemoryWorkspace) -> None:
    """And today's says its number."""
    workspace.put(NAME, json.dumps({**json.loads(workspace.get(NAME)), "format": 3}).encode())
    with pytest.raises(UnknownFormatError) as refused:
        stored_plan(workspace)
    assert refused.value.field == "plan of the replay: format"
    shop = ShopInMemory.open()
    planned(shop.archive, shop.views, shop.workspace)
    assert json.loads(shop.workspace.get(NAME))["format"] == 2


def test_the_files_of_a_stored_model_are_read(tmp_path: Path) -> None:
    """What its graph takes and gives, and its card."""
    shutil.copyfile(GOLDEN / "model" / "signature.v1.json", tmp_path / "signature.json")
    signature = read_signature(tmp_path)
    check_next_items(signature)
    assert (signature.algorithm, signature.opset) == ("covisitation", 21)
    assert (signature.vocabulary_items, signature.vocabulary_digest) == (4, "cd" * 32)
    assert signature.features == FeatureSet("tail", 1, 10, 0.5)
    card = read_card((GOLDEN / "model" / "card.v2.json").read_text())
    assert (card.algorithm, card.training_set, card.knobs) == ("covisitation", "0f" * 16, {"decay": 0.7})
    assert card.to_json() == (GOLDEN / "model" / "card.v2.json").read_text()


def test_a_model_of_newer_code_is_refused_by_name(tmp_path: Path) -> None:
    """By either file."""
    signature, card = (
        json.loads((GOLDEN / "model" / name).read_text()) for name in ("signature.v1.json", "card.v2.json")
    )
    (tmp_path / "signature.json").write_text(json.dumps({**signature, "format": 2}))
    with pytest.raises(UnknownFormatError) as refused:
        read_signature(tmp_path)
    assert (refused.value.field, refused.value.expected) == ("signature.json: format", "1")
    with pytest.raises(UnknownFormatError) as refused:
        read_card(json.dumps({**card, "format": 3}))
    assert (refused.value.field, refused.value.expected) == ("card.json: format", "1 to 2")
