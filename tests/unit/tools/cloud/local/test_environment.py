"""The environment is built once, and again only when what goes into it changes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from millstream_tools.cloud.local import environment
from millstream_tools.cloud.local.environment import EnvironmentBuildError, cloud_python


class Builds:
    """Stands in for venv and pip, which take half a minute: counts the builds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.broken = False

    def venv(self, _command: Sequence[str]) -> None:
        self.count += 1
        (self.folder / "bin").mkdir(parents=True, exist_ok=True)
        (self.folder / "bin" / "python").touch()
        (self.folder / environment.STAMP).unlink(missing_ok=True)

    def pip(self, *_arguments: object) -> None:
        if self.broken:
            raise EnvironmentBuildError("no network")


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builds:
    """Builds that only count."""
    fake = Builds(tmp_path / "cloud")
    monkeypatch.setattr(environment, "_run", fake.venv)
    monkeypatch.setattr(environment, "_install", fake.pip)
    return fake


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    """One layer's requirements."""
    path = tmp_path / "requirements.txt"
    path.write_text("numpy==2.4.6\n")
    return path


def build(builds: Builds, requirements: Path) -> Path:
    return cloud_python(builds.folder, [requirements], lambda _line: None)


def test_the_second_time_nothing_is_built(builds: Builds, requirements: Path) -> None:
    """Offline, and at once."""
    assert build(builds, requirements) == build(builds, requirements) == builds.folder / "bin" / "python"
    assert builds.count == 1


def test_changed_requirements_are_installed(builds: Builds, requirements: Path) -> None:
    """The local functions see what the layers say today."""
    build(builds, requirements)
    requirements.write_text("numpy==2.4.7\n")
    build(builds, requirements)
    assert builds.count == 2


def test_an_interrupted_build_is_done_again(builds: Builds, requirements: Path) -> None:
    """The stamp is the last thing written."""
    builds.broken = True
    with pytest.raises(EnvironmentBuildError):
        build(builds, requirements)
    builds.broken = False
    build(builds, requirements)
    assert builds.count == 2


def test_missing_requirements_are_named(builds: Builds, tmp_path: Path) -> None:
    """Not an environment without the layers' packages."""
    with pytest.raises(EnvironmentBuildError, match="nowhere.txt"):
        cloud_python(builds.folder, [tmp_path / "nowhere.txt"])
    assert builds.count == 0


def test_pips_last_words_are_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be installed, and why, without a look into a log."""
    monkeypatch.setattr(environment, "MINISTACK", "./no-such-folder")
    with pytest.raises(EnvironmentBuildError, match="no-such-folder"):
        environment._install(Path(sys.executable), [], lambda _line: None)
