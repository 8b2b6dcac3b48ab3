"""Packages for Lambda are fetched once, and for Lambda's Python and processor."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream_tools.cloud.localstack import wheels
from millstream_tools.cloud.localstack.wheels import LambdaRuntime, WheelError, installed

ARM = LambdaRuntime("3.13", "arm64")


class FakePip:
    """Stands in for pip: what it was asked to install, and whether it breaks off."""

    def __init__(self) -> None:
        self.installed: list[LambdaRuntime] = []
        self.breaks_off = False

    def __call__(self, _requirements: Path, runtime: LambdaRuntime, target: Path) -> None:
        """Install one file."""
        target.mkdir()
        (target / f"{len(self.installed)}.py").touch()
        self.installed.append(runtime)
        if self.breaks_off:
            raise KeyboardInterrupt


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> FakePip:
    """A pip without a network."""
    fake = FakePip()
    monkeypatch.setattr(wheels, "_install", fake)
    return fake


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    """A layer's requirements."""
    path = tmp_path / "layers" / "onnx" / "requirements.txt"
    path.parent.mkdir(parents=True)
    path.write_text("numpy==2.4.6\n")
    return path


def test_packages_are_fetched_once(pip: FakePip, requirements: Path, tmp_path: Path) -> None:
    """The second time it is only a folder; a person hears about the first."""
    said: list[str] = []
    first = installed(requirements, ARM, tmp_path / "cache", said.append)
    assert installed(requirements, ARM, tmp_path / "cache", said.append) == first
    assert [path.name for path in first.iterdir()] == ["0.py"]
    assert pip.installed == [ARM]
    assert said == ["Fetching the packages of onnx for Lambda (once)"]


def test_other_requirements_or_another_runtime_is_another_folder(
    pip: FakePip, requirements: Path, tmp_path: Path
) -> None:
    """What was fetched for one is never taken for the other."""
    folders = {installed(requirements, ARM, tmp_path / "cache")}
    folders.add(installed(requirements, LambdaRuntime("3.13", "x86_64"), tmp_path / "cache"))
    folders.add(installed(requirements, LambdaRuntime("3.14", "arm64"), tmp_path / "cache"))
    requirements.write_text("numpy==2.4.7\n")
    folders.add(installed(requirements, ARM, tmp_path / "cache"))
    assert len(folders) == len(pip.installed) == 4


def test_what_was_interrupted_is_done_again(pip: FakePip, requirements: Path, tmp_path: Path) -> None:
    """Half a set of packages is never used, and leaves nothing of itself."""
    pip.breaks_off = True
    with pytest.raises(KeyboardInterrupt):
        installed(requirements, ARM, tmp_path / "cache")
    pip.breaks_off = False
    assert [path.name for path in installed(requirements, ARM, tmp_path / "cache").iterdir()] == ["1.py"]


def test_pip_chooses_wheels_for_lambda_and_builds_nothing() -> None:
    """Amazon Linux 2023 has glibc 2.34: a wheel for an older one runs there, one for a newer one does not."""
    options = LambdaRuntime("3.13", "arm64").pip_options
    assert {"--only-binary=:all:", "--python-version=3.13", "--implementation=cp"} <= set(options)
    assert {"--platform=manylinux2014_aarch64", "--platform=manylinux_2_28_aarch64"} <= set(options)
    assert "--platform=manylinux_2_34_aarch64" in options
    assert "--platform=manylinux_2_35_aarch64" not in options
    assert not any("x86_64" in option for option in options)


def test_when_pip_fails_its_own_words_are_told(tmp_path: Path) -> None:
    """With the file that it failed on."""
    path = tmp_path / "requirements.txt"
    path.write_text("./no-such-folder\n")
    with pytest.raises(WheelError, match=r"(?s)requirements.txt: pip could not install it for Lambda:.*no-such-folder"):
        installed(path, ARM, tmp_path / "cache")
