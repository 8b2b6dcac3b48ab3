"""The templates, parsed once."""

from __future__ import annotations

import pytest

from tests.infra.cloudformation import ALARMS, TEMPLATE, Template, load


@pytest.fixture(scope="session")
def template() -> Template:
    """The data plane."""
    return load(TEMPLATE)


@pytest.fixture(scope="session")
def alarms() -> Template:
    """The nested stack with the alarms."""
    return load(ALARMS)
