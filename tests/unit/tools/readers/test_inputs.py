"""Files, folders of files, and standard input."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from millstream_tools.readers import inputs
from millstream_tools.readers.inputs import STANDARD_INPUT, files_of, labels_of
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.tables.errors import BadFileError
from tests.importing import PLAIN, Shop, table, visits

NOON = 1_700_049_600.0
EVENT = {"user": "ann", "item": "lamp", "time": NOON}


def test_a_folder_is_all_its_files_by_name_without_hidden_and_empty_ones(tmp_path: Path) -> None:
    """As Firehose and Spark write them: folders of days, a mark of success, sums beside the parts."""
    data = tmp_path / "events"
    for name, content in {
        "day=02/part-0": "x", "day=01/part-1.csv": "x", "day=01/part-0.csv": "x",
        "_SUCCESS": "x", "day=01/.part-0.csv.crc": "x", "_tmp/part-9.csv": "x", "day=03/part-0": "",
    }.items():  # fmt: skip
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(content)
    alone = table(tmp_path / "a.csv", visits(("ann", "a", NOON)))
    found = files_of([data, alone], io.BytesIO(), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "events/day=01/part-0.csv", "events/day=01/part-1.csv", "events/day=02/part-0", "a.csv",
    ]  # fmt: skip
    assert labels_of(found) == ["part-0.csv", "part-1.csv", "part-0", "a.csv"]
    assert labels_of([data / "1/a", data / "2/a"]) == [str(data / "1/a"), str(data / "2/a")]


def test_a_folder_without_data_and_too_many_files_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing would be imported in silence."""
    with pytest.raises(BadFileError, match="none that has content"):
        files_of([tmp_path], io.BytesIO(), tmp_path)
    monkeypatch.setattr(inputs, "MOST_FILES", 2)
    with pytest.raises(BadFileError, match="at most 2 files"):
        files_of([Path("a"), Path("b"), Path("c")], io.BytesIO(), tmp_path)


def test_standard_input_is_read_once_and_is_a_file(tmp_path: Path) -> None:
    """Its format is recognised like that of a file without a suffix, compressed too."""
    content = gzip.compress(json.dumps(EVENT).encode())
    found = files_of([STANDARD_INPUT], io.BytesIO(content), tmp_path)
    shop = Shop()
    assert shop.imports_files(*found).entry.what == "standard input"
    assert [event.item_id for record in shop.records() for event in record.events] == ["lamp"]
    with pytest.raises(BadFileError, match="got it twice"):
        files_of([STANDARD_INPUT, STANDARD_INPUT], io.BytesIO(content), tmp_path / "..")


AS_WRITTEN: dict[str, str | bytes] = {
    "firehose-1-2023-11-15-12-00-00": json.dumps(EVENT) + json.dumps(EVENT | {"item": "vase"}),
    "pretty.json": json.dumps([EVENT, EVENT | {"item": "vase"}], indent=2),
    "SHOUTED.CSV.GZ": gzip.compress(f"user,item,time\nann,lamp,{NOON}\nann,vase,{NOON}\n".encode()),
    "quotes.tsv": f'user\titem\ttime\ttitle\nann\tlamp\t{NOON}\t5" tall\nann\tvase\t{NOON}\t"Ming" vase\n',
    "utf16.csv": f"user,item,time\r\nann,lamp,{NOON}\r\nann,vase,{NOON}\r\n".encode("utf-16"),
    "marked-by-nothing.csv": f"user,item,time\r\nann,lamp,{NOON}\r\nann,vase,{NOON}\r\n".encode("utf-16-le"),
    "big-endian": json.dumps([EVENT, EVENT | {"item": "vase"}]).encode("utf-16-be"),
    "semicolons.csv": f"user;item;time\nann;lamp;{NOON}\nann;vase;{NOON}\n",
}


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_files_are_read_as_programs_write_them(tmp_path: Path, name: str) -> None:
    """Nothing is told but the columns."""
    content = AS_WRITTEN[name]
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    shop = Shop()
    shop.imports_files(tmp_path / name)
    assert shop.rejects == []
    assert [event.item_id for record in shop.records() for event in record.events] == ["lamp", "vase"]


def test_cloud_events_are_read_by_dotted_names(tmp_path: Path) -> None:
    """The envelope has the time, the kind and the id; what happened is inside."""
    cloud_event = {
        "specversion": "1.0", "id": "e-1", "source": "/shop", "type": "com.shop.cart", "time": "2023-11-15T12:00:00Z",
        "datacontenttype": "application/json", "data": {"customer": {"id": "ann"}, "sku": "lamp"},
    }  # fmt: skip
    (tmp_path / "batch.json").write_text(json.dumps([cloud_event]))
    columns = {"user": "data.customer.id", "item": "data.sku", "time": "time", "event_type": "type", "event_id": "id"}
    mapping = read_mapping(None, columns, {"event_types": {"com.shop.cart": "ItemAddedToCart"}})
    shop = Shop()
    shop.imports_files(tmp_path / "batch.json", mapping=mapping)
    (event,) = shop.records()[0].events
    assert (event.kind.name, event.event_id, event.item_id) == ("ItemAddedToCart", "e-1", "lamp")
    assert event.occurred_at_ms == NOON * 1000


@pytest.mark.parametrize(
    ("day", "hour"), [("2023-11-15", "12:00:00"), ("20231115", "120000"), ("2023-11-15", "12:00Z")]
)
def test_date_and_time_may_be_in_two_columns(tmp_path: Path, day: str, hour: str) -> None:
    """A row that lacks one of them has no time."""
    file = table(
        tmp_path / "h.csv",
        [{"user": "ann", "item": item, "day": some, "hour": hour} for item, some in (("lamp", day), ("vase", ""))],
    )
    shop = Shop()
    shop.imports_files(file, mapping=read_mapping(None, {**PLAIN, "date": "day", "time": "hour"}))
    assert [record.recorded_at_ms for record in shop.records()] == [NOON * 1000]
    assert [(reject.line, reject.column, reject.got) for reject in shop.rejects] == [(3, "hour", "null")]


def test_text_in_another_encoding_is_rejected_with_the_option_to_tell_it(tmp_path: Path) -> None:
    """Row by row; told, it is read."""
    (tmp_path / "h.csv").write_bytes(f"user,item,time\nann,lamp,{NOON}\nZoë,lamp,{NOON}\n".encode("cp1252"))
    shop = Shop()
    shop.imports_files(tmp_path / "h.csv")
    assert [(reject.line, "--encoding" in reject.expected) for reject in shop.rejects] == [(3, True)]
    told = read_mapping(None, PLAIN, {"format": {"encoding": "cp1252"}})
    tally = shop.imports_files(tmp_path / "h.csv", mapping=told, again=True).tally
    assert tally is not None
    assert (tally.events, tally.rejected) == (2, 0)
