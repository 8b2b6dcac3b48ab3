"""Deploying the sample template into a real MiniStack."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from millstream_tools.cloud.local.cloud import Cloud
from millstream_tools.cloud.local.deployment import Deployment, deploy
from millstream_tools.cloud.local.stack import DeploymentError
from tests.integration.local_cloud.conftest import SAMPLE

pytestmark = pytest.mark.cloud


def test_the_api_answers_with_the_key_and_not_without(cloud: Cloud) -> None:
    """The deployment carries the address and the key's value; a path's parameter comes as it was sent, as on AWS."""
    assert ask(cloud.deployment)["name"] == "a%20b"
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(cloud.deployment, key="wrong")
    assert refused.value.code == 403


def test_a_function_sees_its_layer_and_nothing_of_the_developers_aws(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its AWS variables are the cloud's own, its home is no developer's, and its endpoint is the cloud."""
    answer = ask(cloud.deployment)
    assert answer["shelf"] == "top"
    seen = answer["environment"]
    assert seen["GREETING"] == "hello"
    assert seen["AWS_ENDPOINT_URL"] == cloud.deployment.endpoint_url
    assert seen["AWS_REGION"] == cloud.deployment.region
    assert seen["AWS_ACCESS_KEY_ID"] == cloud.deployment.account
    assert not {"AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "PYTHONPATH"} & seen.keys()
    assert "scratch-" in seen["HOME"]


def test_deploying_the_same_again_changes_nothing(cloud: Cloud) -> None:
    """ "No updates are to be performed" is a success."""
    assert deploy(cloud.deployment.endpoint_url, SAMPLE, cloud.deployment.stack) == cloud.deployment


def test_changed_code_is_deployed(cloud: Cloud, tmp_path: Path) -> None:
    """The next request meets the new code, and what the stack keeps stays."""
    changed = shutil.copytree(SAMPLE.parent, tmp_path / "changed")
    code = changed / "functions" / "answer" / "app.py"
    code.write_text(code.read_text().replace('"statusCode": 200', '"statusCode": 202'))
    deployment = deploy(cloud.deployment.endpoint_url, changed / "template.yaml", cloud.deployment.stack)
    assert deployment.outputs == cloud.deployment.outputs
    with get(deployment) as answer:
        assert answer.status == 202
    assert ask_nested(cloud)["statusCode"] == 202


def test_a_nested_template_is_expanded_and_its_function_sees_the_layer_of_the_root(cloud: Cloud) -> None:
    """MiniStack alone expands the SAM transform of root templates only."""
    answer = json.loads(ask_nested(cloud)["body"])
    assert (answer["name"], answer["shelf"], answer["environment"]["GREETING"]) == ("c", "top", "hello")


def test_a_parameter_reaches_the_stack(endpoint: str) -> None:
    """Given ones win over the local defaults."""
    deployment = deploy(endpoint, SAMPLE, "greeting", {"Greeting": "moin"})
    assert ask(deployment)["environment"]["GREETING"] == "moin"


def test_a_failed_deployment_says_what_failed_and_can_be_mended(endpoint: str, tmp_path: Path) -> None:
    """The resource and its reason; the next try with a good template succeeds."""
    template = write_template(tmp_path, "AWS::Lambda::EventInvokeConfig", "FunctionName: nobody, Qualifier: live")
    with pytest.raises(
        DeploymentError, match=r"(?s)mended ended as .*Other \(AWS::Lambda::EventInvokeConfig\): .*nobody"
    ):
        deploy(endpoint, template, "mended")
    template = write_template(tmp_path, "AWS::Logs::LogGroup", "RetentionInDays: 1")
    assert deploy(endpoint, template, "mended").stack == "mended"


def test_a_refused_deployment_says_why(endpoint: str, tmp_path: Path) -> None:
    """A resource type that the local cloud does not have."""
    template = write_template(tmp_path, "AWS::CodeDeploy::Application", "")
    with pytest.raises(DeploymentError, match=r"refused was rejected: .*AWS::CodeDeploy::Application"):
        deploy(endpoint, template, "refused")


def test_a_mistyped_parameter_is_refused(endpoint: str) -> None:
    """As AWS does; MiniStack would take it without a word."""
    with pytest.raises(DeploymentError, match=r"parameters: expected some of .*Greeting.*, got Greetings"):
        deploy(endpoint, SAMPLE, "mistyped", {"Greetings": "moin"})


def write_template(folder: Path, kind: str, properties: str) -> Path:
    """A template with a queue and one other resource."""
    template = folder / "template.yaml"
    other = f"Other: {{ Type: '{kind}', Properties: {{ {properties} }} }}"
    template.write_text(f"Resources: {{ Queue: {{ Type: 'AWS::SQS::Queue' }}, {other} }}")
    return template


def get(deployment: Deployment, key: str = "") -> Any:
    """Ask the stack's API with its key, or another one."""
    url = f"{deployment.api_url}/answers/a%20b"
    return urllib.request.urlopen(urllib.request.Request(url, headers={"x-api-key": key or deployment.api_key}))


def ask_nested(cloud: Cloud) -> dict[str, Any]:
    """What the function in the nested stack answers."""
    name = cloud.deployment.outputs["NestedAnswerName"]
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"pathParameters": {"name": "c"}}))
    told: dict[str, Any] = json.load(answer["Payload"])
    return told


def ask(deployment: Deployment, key: str = "") -> dict[str, Any]:
    """What the function behind the API says."""
    with get(deployment, key) as answer:
        told: dict[str, Any] = json.load(answer)
        return told
