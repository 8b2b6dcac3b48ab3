"""Upload the local files of a template and replace them by S3 references, as `aws cloudformation package` does.

https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from millstream_tools.cloud.local.archive import Files, files_below, zip_of
from millstream_tools.cloud.local.template import Template, read_template, write_template
from millstream_tools.explained import ExplainedError

Upload = Callable[[str, bytes], None]
Properties = dict[str, Any]
Prepare = Callable[[Template, Path], Mapping[str, Files]]
"""Changes a template for its cloud; returns extra files for each of its functions."""

_REMOTE = ("s3://", "http://", "https://")


def unchanged(_template: Template, _template_file: Path) -> Mapping[str, Files]:
    """For a cloud that accepts the template unchanged."""
    return {}


class PackagingError(ExplainedError):
    """A local file of a template is missing; the message has the resource, property and path."""


@dataclass(frozen=True, slots=True)
class Packager:
    """Packs templates into one bucket; `upload` gets a key and the bytes, `bucket_url` is the bucket's HTTP address.

    A key is the digest of its content: unchanged code keeps its key, and CloudFormation finds nothing to update.
    """

    bucket: str
    bucket_url: str
    upload: Upload
    prepare: Prepare = unchanged

    def package(self, template_file: Path) -> str:
        """Upload the template with everything that it refers to; the URL for CreateStack."""
        template = read_template(template_file)
        carried = self.prepare(template, template_file)
        for name, resource in template["Resources"].items():
            properties = resource.get("Properties", {})
            place = _Place(name, resource.get("Type", ""), properties, template_file, carried.get(name, {}))
            for kind, field, pack in self._fields:
                path = place.properties.get(field) if place.kind == kind else None
                if isinstance(path, str) and not path.startswith(_REMOTE):
                    pack(place, field, place.local(field, path))
        return self._http(self._put(write_template(template), ".template"))

    @property
    def _fields(self) -> tuple[tuple[str, str, Callable[[_Place, str, Path], None]], ...]:
        return (
            ("AWS::Serverless::Function", "CodeUri", self._function),
            ("AWS::Serverless::LayerVersion", "ContentUri", self._layer),
            ("AWS::Serverless::StateMachine", "DefinitionUri", self._file),
            ("AWS::Serverless::Api", "DefinitionUri", self._file),
            ("AWS::Serverless::Application", "Location", self._template),
            ("AWS::CloudFormation::Stack", "TemplateURL", self._template),
        )

    def _put(self, content: bytes, suffix: str) -> str:
        key = f"{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
        self.upload(key, content)
        return key

    def _http(self, key: str) -> str:
        return f"{self.bucket_url}/{key}"

    def _function(self, place: _Place, field: str, path: Path) -> None:
        files = {**place.carried, **_function_files(place, path)}
        place.properties[field] = f"s3://{self.bucket}/{self._put(zip_of(files), '.zip')}"

    def _layer(self, place: _Place, field: str, path: Path) -> None:
        files = {PurePosixPath("python") / name: content for name, content in files_below(path).items()}
        # A layer of requirements alone stays a tiny zip: its packages are in the local cloud's own environment.
        place.properties[field] = f"s3://{self.bucket}/{self._put(zip_of(files), '.zip')}"

    def _file(self, place: _Place, field: str, path: Path) -> None:
        key = self._put(path.read_bytes(), path.suffix)
        place.properties[field] = {"Bucket": self.bucket, "Key": key}

    def _template(self, place: _Place, field: str, path: Path) -> None:
        place.properties[field] = self.package(path)


@dataclass(frozen=True, slots=True)
class _Place:
    """One resource of a template file."""

    name: str
    kind: str
    properties: Properties
    template_file: Path
    carried: Files

    def local(self, field: str, path: str) -> Path:
        """A local path of this resource. Raises PackagingError if it does not exist."""
        found = (self.template_file.parent / path).resolve()
        if not found.exists():
            raise PackagingError(f"{self.template_file}: {self.name}.{field}: expected a file or folder, got {path!r}")
        return found


def _function_files(place: _Place, code: Path) -> dict[PurePosixPath, bytes]:
    """The function's files under the packages that its Handler names, as SAM's ParentPackageMode makes them."""
    handler = str(place.properties.get("Handler", ""))
    module = Path(*handler.split(".")[:-1]).with_suffix(".py") if "." in handler else Path()
    for root in (code, *code.parents):
        if (root / module).is_file():
            break
    else:
        raise PackagingError(
            f"{place.template_file}: {place.name}.Handler: expected a function in or under {code}, got {handler!r}"
        )
    parents = PurePosixPath(code.relative_to(root).as_posix())
    files = {parents / path: content for path, content in files_below(code).items()}
    for package in [parents, *parents.parents][:-1]:
        files.setdefault(package / "__init__.py", b"")
    return files


def parameters_of(template: Template) -> frozenset[str]:
    """The names of the parameters that a template takes."""
    return frozenset(template.get("Parameters", {}))
