"""`millstream up`: what the local cloud is started with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from millstream_tools.cli.commands import app
from millstream_tools.cloud.local import cloud
from millstream_tools.cloud.local.deployment import Deployment

DECLARED = {"device": {"number": 1, "values": {"mobile": 1}}}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[cloud.Settings]:
    """The settings of each start; a cloud that runs has the declaration of the latest."""
    settings: list[cloud.Settings] = []

    def deployment() -> Deployment:
        outputs = {"Attributes": (settings[-1].parameters or {})["Attributes"]}
        return Deployment("stack", "http://here", "region", "account", "http://api", "key", outputs)

    def up(*, settings: cloud.Settings, _started: list[cloud.Settings] = settings) -> Deployment:
        _started.append(settings)
        return deployment()

    def status() -> cloud.CloudStatus:
        return cloud.CloudStatus(bool(settings), bool(settings), deployment() if settings else None, ())

    monkeypatch.setattr(cloud, "up", up)
    monkeypatch.setattr(cloud, "status", status)
    return settings


def up(*options: object) -> Result:
    """The command."""
    return CliRunner().invoke(app, ["up", *map(str, options)])


def test_the_declaration_of_a_file_is_kept_by_later_starts(started: list[cloud.Settings], tmp_path: Path) -> None:
    """Without one, none is declared."""
    file = tmp_path / "attributes.json"
    file.write_text(json.dumps(DECLARED, indent=2))
    for options in ((), ("--attributes", file), ()):
        assert up(*options).exit_code == 0
    said = [(one.parameters or {})["Attributes"] for one in started]
    assert said[0] == ""
    assert json.loads(said[1]) == DECLARED
    assert said[2] == said[1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"device": {"number": 9, "values": {"mobile": 1}}}', "attributes.device.number"),
        (b"{bad", "JSON"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_declaration_that_makes_no_sense_starts_nothing(
    started: list[cloud.Settings], tmp_path: Path, content: bytes, told: str
) -> None:
    """It is told what is wrong, in one line."""
    file = tmp_path / "attributes.json"
    file.write_bytes(content)
    refused = up("--attributes", file)
    assert refused.exit_code == 1
    assert told in refused.stderr
    assert started == []
