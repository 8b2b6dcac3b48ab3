"""The templates, parsed once, and one journey through the functions that they describe."""

from __future__ import annotations

import tempfile

import pytest
from moto import mock_aws

from millstream_tools.cloud.local.template import Template, read_template
from tests.infra.cloudformation import ALARMS
from tests.infra.journey import Travelled, forget_clients, make_resources, travel
from tests.infra.nesting import whole
from tests.infra.recorded_calls import REGION, RecordedCalls


@pytest.fixture(scope="session")
def template() -> Template:
    """The data plane and every flow, as one."""
    return whole()


@pytest.fixture(scope="session")
def alarms() -> Template:
    """The nested stack with the alarms."""
    return read_template(ALARMS)


@pytest.fixture(scope="session")
def travelled(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Travelled:
    """What each function used and answered, in process against moto."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "nobody")
        patch.setenv("AWS_REGION", REGION)
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Millstream")
        patch.setenv("POWERTOOLS_TRACE_DISABLED", "1")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("models")))  # where Recommend keeps a model
        calls = RecordedCalls(make_resources(template))
        answers = travel(template, calls, patch)
    forget_clients(template)
    return Travelled(calls.used, answers)
