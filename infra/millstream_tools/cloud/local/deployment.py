"""Deploy the template to a local cloud, and describe the deployment."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from millstream_tools.cloud.local.clients import ACCOUNT, REGION, Clients, environment
from millstream_tools.cloud.local.dialect import MINISTACK, Dialect
from millstream_tools.cloud.local.packaging import Packager, parameters_of
from millstream_tools.cloud.local.stack import DeploymentError, Stack
from millstream_tools.cloud.local.template import read_template

BUCKET = "millstream-deployment"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack: where to send requests, with which key, and the stack's outputs by name."""

    stack: str
    endpoint_url: str
    region: str
    account: str
    api_url: str
    api_key: str
    outputs: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any AWS SDK or CLI at this cloud."""
        return environment(self.endpoint_url)


def deploy(
    endpoint_url: str,
    template_file: Path,
    stack: str,
    parameters: Mapping[str, str] | None = None,
    patience: float = 120.0,
    dialect: Dialect = MINISTACK,
) -> Deployment:
    """Create the stack, or update it from the files on disk; no changes is a success.

    Raises DeploymentError with the failed resources, PackagingError, or ValueError for an invalid template.
    """
    chosen = _parameters(template_file, dialect, parameters or {})
    clients = Clients(endpoint_url)
    url = _packager(clients, endpoint_url, dialect).package(template_file)
    dialect.change(clients("cloudformation"), Stack(stack, url, chosen), time.monotonic() + patience)
    return describe(clients, endpoint_url, stack, dialect)


def _parameters(template_file: Path, dialect: Dialect, given: Mapping[str, str]) -> dict[str, str]:
    """The local defaults for the template's parameters, and the given values. Unknown names are rejected, as by AWS."""
    accepted = parameters_of(read_template(template_file))
    if unknown := given.keys() - accepted:
        raise DeploymentError(
            f"{template_file}: parameters: expected some of {', '.join(sorted(accepted))}, "
            f"got {', '.join(sorted(unknown))}"
        )
    defaults = local_parameters() | dict(dialect.parameters)
    return {name: value for name, value in defaults.items() if name in accepted} | dict(given)


def local_parameters() -> dict[str, str]:
    """The parameters of a local deployment; the functions run on this machine's processor."""
    return {"Stage": "local", "StreamMode": "PROVISIONED", "Architecture": architecture()}


def architecture() -> str:
    """Lambda's name of this machine's processor."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def describe(clients: Clients, endpoint_url: str, stack: str, dialect: Dialect) -> Deployment:
    """Describe the deployed stack by its outputs."""
    found = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
    api_url, api_key = "", ""
    if "ApiId" in outputs:
        api_url = endpoint_url + dialect.api_path.format(api=outputs["ApiId"])
    if "ApiKeyId" in outputs:
        answer = clients("apigateway").get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)
        api_key = answer["value"]
    return Deployment(stack, endpoint_url, REGION, ACCOUNT, api_url, api_key, outputs)


def _packager(clients: Clients, endpoint_url: str, dialect: Dialect) -> Packager:
    storage = clients("s3")
    with contextlib.suppress(storage.exceptions.BucketAlreadyOwnedByYou):
        storage.create_bucket(Bucket=BUCKET)
    return Packager(
        BUCKET,
        f"{endpoint_url}/{BUCKET}",
        lambda key, content: storage.put_object(Bucket=BUCKET, Key=key, Body=content),
        dialect.prepare,
    )
