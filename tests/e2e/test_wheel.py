"""The wheel in an environment of its own, used from an empty folder: what somebody has who never saw the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest

from millstream_tools.cloud.local.archive import files_below
from millstream_tools.cloud.local.environment import cloud_python
from millstream_tools.places import CHECKOUT, ENVIRONMENT_FOLDER

pytestmark = pytest.mark.cloud

DEPLOYED = ("functions", "layers", "infra/api", "infra/observability", "infra/statemachines")
WHERE = """
import millstream, millstream_tools
from millstream_tools.places import DEPLOYED, STATE_FOLDER
print(millstream.__file__, millstream_tools.__file__, DEPLOYED, STATE_FOLDER, sep="\\n")
"""


@dataclass(frozen=True)
class Installed:
    """The wheel, the packages of its environment, its user's home and an empty working folder."""

    wheel: Path
    environment: Path
    home: Path
    work: Path

    @property
    def packages(self) -> Path:
        """site-packages."""
        (folder,) = self.environment.glob("lib/*/site-packages")
        return folder

    def run(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        """The output of a program of the environment, which succeeds."""
        done = subprocess.run(
            [self.environment / "bin" / program, *arguments],
            cwd=cwd or self.work,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def places(self, cwd: Path | None = None) -> list[Path]:
        """The package, the tools, what is deployed, and the state."""
        return [Path(line) for line in self.run("python", "-c", WHERE, cwd=cwd).splitlines()]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel of this checkout, installed. Its dependencies are those of the tests, of which Millstream is none."""
    cloud_python()
    folder = tmp_path_factory.mktemp("a folder")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(CHECKOUT))
    (wheel,) = folder.glob("*.whl")
    found = Installed(wheel, folder / "an environment", folder / "home", folder / "work")
    found.work.mkdir()
    venv.create(found.environment)
    # Only the path: what makes the checkout importable is a .pth file in it, and those are not read there.
    (found.packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip("--python", str(found.environment), "install", "--no-deps", "--no-index", str(wheel))
    state = found.places()[-1]
    state.mkdir(parents=True)
    (state / ENVIRONMENT_FOLDER.name).symlink_to(ENVIRONMENT_FOLDER)
    yield found
    found.run("millstream", "down")


def pip(*arguments: str) -> None:
    """Run this environment's pip."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_installs_two_packages(installed: Installed) -> None:
    """Nothing with a name that others use, and no results of the lab."""
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = [Path(name) for name in wheel.namelist()]
    packages = {name.parts[0] for name in names if not name.parts[0].endswith(".dist-info")}
    assert packages == {"millstream", "millstream_tools"}
    assert [name for name in names if {"docs", "results", "tests"} & {*name.parts}] == []


def test_the_wheel_says_whose_it_is(installed: Installed) -> None:
    """The license, with its text, and the authors."""
    with zipfile.ZipFile(installed.wheel) as wheel:
        (info,) = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
        said = message_from_bytes(wheel.read(f"{info}/METADATA"))
        text = wheel.read(f"{info}/licenses/{said['License-File']}")
    assert (said["License-Expression"], said["Author"]) == ("Apache-2.0", "The Millstream authors")
    assert text == (CHECKOUT / "LICENSE").read_bytes()


def test_what_the_wheel_deploys_is_what_the_checkout_deploys(installed: Installed) -> None:
    """The same files with the same bytes, so that both have the same code under the same digests."""
    deployed = installed.places()[2]
    for folder in DEPLOYED:
        assert files_below(deployed / folder) == files_below(CHECKOUT / folder)
    assert (deployed / "template.yaml").read_bytes() == (CHECKOUT / "template.yaml").read_bytes()


def test_state_is_kept_by_the_user_or_in_the_working_folder(installed: Installed, tmp_path: Path) -> None:
    """Not in site-packages: in the user's state folder, or in `.millstream` where the working folder has one."""
    core, tools, deployed, state = installed.places()
    assert all(path.is_relative_to(installed.packages) for path in (core, tools, deployed))
    assert state.is_relative_to(installed.home)
    (tmp_path / ".millstream").mkdir()
    assert installed.places(tmp_path)[-1] == tmp_path / ".millstream"


def test_up_publish_recommend_down(installed: Installed) -> None:
    """The local cloud from an empty folder with a space in its path; neither it nor site-packages gets a file."""
    before = files_below(installed.packages)
    installed.run("millstream", "up")
    installed.run("millstream", "publish", "mug-1", "Blue mug")
    slate = json.loads(installed.run("millstream", "recommend", "bob", "--json"))
    assert [item["itemId"] for item in slate["itemList"]] == ["mug-1"]
    assert "stopped" in installed.run("millstream", "down")
    assert files_below(installed.packages) == before
    assert list(installed.work.iterdir()) == []
