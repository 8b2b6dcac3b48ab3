"""What compose.yaml promises: this machine only, no account, and every service that the template needs."""

from __future__ import annotations

from typing import Any

import pytest

from millstream_tools.cloud.local.template import read_template
from millstream_tools.cloud.localstack.compose import environment_of_the_container, localstack_service
from millstream_tools.places import CHECKOUT, TEMPLATE
from tests.infra.requirements import GROUPS

TEMPLATES = (TEMPLATE, *CHECKOUT.glob("infra/*/**/template.yaml"))
# What a resource type's second part is called where a service is switched on; SAM's own types become the first five.
SERVICES = {
    "Serverless": {"apigateway", "iam", "lambda", "s3", "stepfunctions"},
    "ApiGateway": {"apigateway"},
    "CloudFormation": {"cloudformation", "sts"},
    "CloudWatch": {"cloudwatch"},
    "DynamoDB": {"dynamodb"},
    "KMS": {"kms"},
    "Kinesis": {"kinesis"},
    "Lambda": {"lambda"},
    "Logs": {"logs"},
    "S3": {"s3"},
    "SNS": {"sns"},
    "SQS": {"sqs"},
    "SecretsManager": {"secretsmanager"},
}


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    """The one service."""
    return localstack_service()


def test_the_services_are_those_of_the_template_and_no_others() -> None:
    """A resource type that is new asks for its service here."""
    resources = [read_template(path)["Resources"].values() for path in TEMPLATES]
    kinds = {resource["Type"].split("::")[1] for part in resources for resource in part}
    assert set(environment_of_the_container()["SERVICES"].split(",")) == set().union(
        *(SERVICES[kind] for kind in kinds)
    )


def test_only_this_machine_reaches_it(service: dict[str, Any]) -> None:
    """It runs whatever code it is given."""
    assert service["ports"] == ["127.0.0.1:4566:4566"]


def test_the_token_is_passed_on_and_never_asked_for(service: dict[str, Any]) -> None:
    """A variable without a value is left out by Compose where the shell has none."""
    assert service["environment"]["LOCALSTACK_AUTH_TOKEN"] is None
    assert "LOCALSTACK_AUTH_TOKEN" not in environment_of_the_container()


def test_the_image_has_the_version_that_is_verified(service: dict[str, Any]) -> None:
    """The container and the check without Docker are of one release, and neither floats."""
    assert service["image"] == "localstack/localstack:4.14.0"
    assert "localstack-core[runtime]==4.14.0" in GROUPS["localstack"]
