"""infra/api/openapi.yaml, template.yaml and the handlers tell the same story."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from millstream.domain.catalogue import filter_text, publications
from millstream.domain.fields import LONGEST_ID
from millstream.domain.log import submissions
from millstream.domain.log.kinds import ALIASES
from millstream.domain.slates import requests as recommendation_requests
from millstream.domain.slates.slate import Part, SeenItems, Source
from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import ROOT, functions
from tests.infra.journey import Travelled, routes_of

Route = tuple[str, str]
"""Method in capitals, path."""

METHODS = ("get", "put", "post", "delete", "patch")

WITHOUT_A_KEY = {("GET", "/health")}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    """The OpenAPI document."""
    document = yaml.safe_load((ROOT / "infra" / "api" / "openapi.yaml").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def operations(contract: dict[str, Any]) -> Iterator[tuple[Route, dict[str, Any]]]:
    """Every operation of the contract."""
    for path, item in contract["paths"].items():
        for method in METHODS:
            if method in item:
                yield (method.upper(), path), item[method]


def api_events(template: Template) -> Iterator[tuple[str, Route, dict[str, Any]]]:
    """(function, route, properties) of every API event of the template."""
    for name, function in functions(template).items():
        for event in function.get("Events", {}).values():
            properties = event["Properties"]
            yield name, (properties["Method"], properties["Path"]), properties


def test_the_contract_is_valid_openapi(contract: dict[str, Any]) -> None:
    """Against the schema of the OpenAPI version that it names."""
    validate(contract)


def test_the_contract_and_the_template_have_the_same_routes(contract: dict[str, Any], template: Template) -> None:
    """A route that is documented is deployed, and a route that is deployed is documented."""
    assert {route for route, _ in operations(contract)} == {route for _, route, _ in api_events(template)}


def test_the_template_and_the_handlers_have_the_same_routes(template: Template) -> None:
    """A route without an answer would be a 404 behind a valid key; an answer without a route could never be given."""
    deployed: dict[str, set[Route]] = {}
    for name, route, _ in api_events(template):
        deployed.setdefault(name, set()).add(route)
    answered = {name: set(routes_of(template, name)) for name in functions(template) if routes_of(template, name)}
    assert deployed == answered


def test_only_health_is_open(contract: dict[str, Any], template: Template) -> None:
    """Contract and template agree about where an API key is needed: everywhere else."""
    assert contract["security"] == [{"apiKey": []}]
    assert contract["components"]["securitySchemes"]["apiKey"]["name"] == "x-api-key"
    assert {route for route, operation in operations(contract) if operation.get("security") == []} == WITHOUT_A_KEY
    auth = template["Resources"]["Api"]["Properties"]["Auth"]
    assert auth["ApiKeyRequired"] is True
    assert auth["UsagePlan"]["CreateUsagePlan"] == "PER_API", "a key without a usage plan opens nothing"
    opened = {route for _, route, p in api_events(template) if p.get("Auth", {}).get("ApiKeyRequired") is False}
    assert opened == WITHOUT_A_KEY


def test_other_sites_pages_may_call_the_api_only_if_the_operator_names_them(template: Template) -> None:
    """Preflight and responses say the same origin, none by default; a page that may call has to carry the key."""
    assert template["Parameters"]["CorsOrigin"]["Default"] == ""
    api = template["Resources"]["Api"]["Properties"]
    assert api["Cors"]["AllowOrigin"] == {"Fn::Sub": "'${CorsOrigin}'"}
    assert "x-api-key" in api["Cors"]["AllowHeaders"]
    assert api["Auth"]["AddApiKeyRequiredToCorsPreflight"] is False
    assert template["Globals"]["Function"]["Environment"]["Variables"]["CORS_ORIGIN"] == {"Ref": "CorsOrigin"}


def test_every_operation_documents_refusals_and_shows_examples(contract: dict[str, Any]) -> None:
    """Operations with input say what a 400 looks like; every body has an example."""
    for route, operation in operations(contract):
        answers = operation["responses"]
        assert {"200", "429"} <= set(answers), route
        if route not in WITHOUT_A_KEY:
            assert {"400", "403", "503"} <= set(answers), route
        assert answers["200"]["content"]["application/json"]["examples"], route
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"], route


def test_every_example_fits_its_schema(contract: dict[str, Any]) -> None:
    """An example that would be refused teaches the wrong thing."""
    checked = 0
    for where, body in bodies(contract):
        schema = {**body["schema"], "components": contract["components"]}
        for name, example in body["examples"].items():
            value = resolved(contract, example)["value"]
            errors = list(OAS31Validator(schema).iter_errors(value))
            assert not errors, f"{where}, example {name}: {errors[0].message}"
            checked += 1
    assert checked >= len(contract["paths"])


def test_the_handlers_answer_as_the_contract_says(contract: dict[str, Any], travelled: Travelled) -> None:
    """Every answer of the journey, refusals too, has a documented status and the documented shape."""
    by_route = dict(operations(contract))
    assert {(answer.method, answer.path) for answer in travelled.answers} == set(by_route)
    assert {answer.status for answer in travelled.answers} == {200, 400, 404}
    for answer in travelled.answers:
        described = by_route[answer.method, answer.path]["responses"][str(answer.status)]
        body = resolved(contract, described)["content"]["application/json"]
        schema = {**body["schema"], "components": contract["components"]}
        errors = list(OAS31Validator(schema).iter_errors(answer.body))
        assert not errors, f"{answer}: {errors[0].message}"


def test_the_contract_uses_the_words_and_limits_of_the_domain(contract: dict[str, Any]) -> None:
    """A new kind of event or source is documented; a limit that changes is too."""
    schemas = contract["components"]["schemas"]
    assert set(schemas["Event"]["properties"]["eventType"]["enum"]) == set(ALIASES)
    assert set(schemas["SlateItem"]["properties"]["source"]["enum"]) == {source.value for source in Source}
    query = {
        p["name"]: p["schema"] for p in contract["paths"]["/recommendations/{user}"]["get"]["parameters"] if "name" in p
    }
    assert set(query["exclude_seen"]["enum"]) == {*(policy.value for policy in SeenItems), "true", "false"}
    assert schemas["Submission"]["properties"]["eventList"]["maxItems"] == submissions.MOST_EVENTS
    assert schemas["Event"]["properties"]["impression"]["maxItems"] == submissions.MOST_IMPRESSIONS
    assert schemas["Event"]["properties"]["quantity"]["maximum"] == submissions.MOST_PIECES
    assert schemas["Id"]["maxLength"] == LONGEST_ID
    assert schemas["Publication"]["oneOf"][0]["properties"]["items"]["maxItems"] == publications.MOST_ITEMS
    assert schemas["Item"]["properties"]["attributes"]["maxProperties"] == publications.MOST_ATTRIBUTES
    body = schemas["RecommendationRequest"]["properties"]
    assert set(body) == {*recommendation_requests.FIELDS, recommendation_requests.ATTRIBUTES}
    assert set(body["excludeSeen"]["enum"]) == {policy.value for policy in SeenItems}
    assert body["itemIds"]["maxItems"] == recommendation_requests.MOST_CONTEXT
    assert body["exclude"]["maxItems"] == recommendation_requests.MOST_EXCLUDED
    assert (body["n"]["default"], body["n"]["maximum"]) == (
        recommendation_requests.DEFAULT_ITEMS,
        recommendation_requests.MOST_ITEMS,
    )
    assert schemas["Filter"]["maxLength"] == filter_text.LONGEST_FILTER
    assert schemas["Texts"]["oneOf"][0]["maxLength"] == publications.LONGEST_NAME
    assert schemas["Texts"]["oneOf"][1]["maxItems"] == publications.MOST_TEXTS
    assert set(schemas["Part"]["enum"]) == {part.value for part in Part}
    assert set(schemas["Item"]["properties"]) == set(schemas["ItemPatch"]["properties"]) == set(publications.FIELDS)
    assert set(schemas["Event"]["properties"]) == set(submissions.EVENT_FIELDS)
    assert set(schemas["Submission"]["properties"]) == set(submissions.CALL_FIELDS)
    count = contract["components"]["parameters"]["n"]["schema"]
    assert (count["default"], count["maximum"]) == (
        recommendation_requests.DEFAULT_ITEMS,
        recommendation_requests.MOST_ITEMS,
    )


def bodies(contract: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that has a schema and examples, of requests and of answers."""
    for route, operation in operations(contract):
        described = [operation.get("requestBody", {}), *operation["responses"].values()]
        for entry in described:
            content = resolved(contract, entry).get("content", {}).get("application/json")
            if content:
                yield " ".join(route), content


def resolved(contract: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """What a local reference points to; the entry itself where it is none."""
    if "$ref" not in entry:
        return entry
    target: Any = contract
    for part in entry["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    assert isinstance(target, dict)
    return target
