"""What is deployed lies in the checkout, or in the wheel; state is never kept beside an installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream_tools.places import CHECKOUT, deployed_from, state_folder_of


def test_an_installed_wheel_deploys_its_own_data(tmp_path: Path) -> None:
    """Without them, the folder of the tools lies in a checkout."""
    assert deployed_from(tmp_path / "infra") == tmp_path
    data = tmp_path / "site-packages" / "millstream_tools" / "deployed"
    data.mkdir(parents=True)
    assert deployed_from(tmp_path / "site-packages") == data


def test_a_checkout_keeps_its_state_from_wherever_it_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also from a folder that has a state of its own."""
    (tmp_path / ".millstream").mkdir()
    monkeypatch.chdir(tmp_path)
    assert state_folder_of(CHECKOUT) == CHECKOUT / ".millstream"


def test_a_wheel_keeps_its_state_in_the_working_folder_or_with_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the working folder only where somebody has made a place for it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    of_the_user = state_folder_of(Path("/site-packages"))
    assert of_the_user.is_relative_to(tmp_path / "home")
    assert of_the_user.name == "millstream"
    (tmp_path / ".millstream").mkdir()
    assert state_folder_of(Path("/site-packages")) == tmp_path / ".millstream"
