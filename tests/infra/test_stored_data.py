"""What holds for everything that keeps data: encrypted, recoverable, private."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.application.replay.plan import LONGEST_MS
from millstream_tools.cloud.local.template import Template, read_template
from tests.infra.cloudformation import FLOWS, rebuild_states, references, resources

DAY_MS = 24 * 3600 * 1000

ENCRYPTED_BY = {
    "AWS::Kinesis::Stream": ("StreamEncryption", "KeyId"),
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::S3::Bucket": ("BucketEncryption",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
}
"""Where each kind of resource names its key."""

KEEPS_NOTHING = {
    "AWS::KMS::Key",
    "AWS::S3::BucketPolicy",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::Function",
    "AWS::Serverless::Api",
    "AWS::Lambda::EventSourceMapping",
    "AWS::CloudFormation::Stack",
    "AWS::Serverless::StateMachine",  # its executions are handed names and numbers, never an event
}

EMPTIES_ITSELF = {"RebuildBucket"}
"""What a rebuild leaves in it goes by itself after days; it outlives a stack because it may not be empty yet."""

TABLES = {"UsersTable", "ItemsTable", "CatalogueTable", "ModelsTable"}
KEPT = {"EncryptionKey", "PseudonymSecret", "ArchiveBucket", "ModelsBucket"} | TABLES | EMPTIES_ITSELF
"""What is stored."""


def test_every_kind_of_resource_is_known_to_keep_data_or_not(template: Template) -> None:
    """A new kind of resource cannot slip past the tests below."""
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert kinds == set(ENCRYPTED_BY) | KEEPS_NOTHING


@pytest.mark.parametrize("kind", ENCRYPTED_BY)
def test_stored_data_is_encrypted_with_the_key(template: Template, kind: str) -> None:
    """Not with a key that AWS owns, whose use nobody here can see or end."""
    for logical_id, properties in resources(template, kind).items():
        value: object = properties
        for name in ENCRYPTED_BY[kind]:
            value = value.get(name, f"no {name}") if isinstance(value, dict) else value
        assert list(references(value)) == ["EncryptionKey"], f"{logical_id}: expected EncryptionKey, got {value}"


def test_tables_really_use_the_key_that_they_name(template: Template) -> None:
    """SSESpecification with a key but without these two would be refused or ignored."""
    for table in resources(template, "AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["SSESpecification"]["SSEType"] == "KMS"


def test_the_stream_really_uses_the_key_that_it_names(template: Template) -> None:
    """A key without EncryptionType KMS is refused."""
    assert resources(template, "AWS::Kinesis::Stream")["EventsStream"]["StreamEncryption"]["EncryptionType"] == "KMS"


def test_tables_can_be_taken_back_to_any_second(template: Template) -> None:
    """Point-in-time recovery, and in production no deletion by mistake."""
    for table in resources(template, "AWS::DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}


def test_buckets_are_versioned_private_and_owned(template: Template) -> None:
    """Nothing public by policy or by ACL, and an overwritten object comes back."""
    for name, bucket in resources(template, "AWS::S3::Bucket").items():
        if name not in EMPTIES_ITSELF:
            assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_what_a_rebuild_leaves_goes_by_itself_and_not_before_it_is_done(template: Template) -> None:
    """Parts of the log are personal data: no version of them stays. A rebuild is ended by then, or refused."""
    for name in EMPTIES_ITSELF:
        bucket = resources(template, "AWS::S3::Bucket")[name]
        assert "VersioningConfiguration" not in bucket
        (days,) = (rule["ExpirationInDays"] for rule in _rules(bucket) if "ExpirationInDays" in rule)
        assert rebuild_states()["TimeoutSeconds"] * 1000 <= LONGEST_MS < days * DAY_MS


def test_a_rebuild_is_refused_before_the_stream_forgets(template: Template) -> None:
    """What it has to catch up with must still be there."""
    assert resources(template, "AWS::Kinesis::Stream")["EventsStream"]["RetentionPeriodHours"] * 3_600_000 > LONGEST_MS


def _rules(bucket: dict[str, Any]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = bucket["LifecycleConfiguration"]["Rules"]
    return rules


def test_buckets_refuse_plain_http(template: Template) -> None:
    """Each bucket has a policy that denies everything without TLS, for the bucket and its objects."""
    policies = resources(template, "AWS::S3::BucketPolicy")
    assert {p["Bucket"]["Ref"] for p in policies.values()} == set(resources(template, "AWS::S3::Bucket"))
    for policy in policies.values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert list(references(statement["Resource"])) == [policy["Bucket"]["Ref"]] * 2


def test_what_is_stored_outlives_the_stack(template: Template) -> None:
    """And nothing else does, so that a deleted trial stack leaves no bill behind but these."""
    kept = {name for name, resource in template["Resources"].items() if "DeletionPolicy" in resource}
    assert kept == KEPT
    for name in KEPT:
        assert template["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert template["Resources"][name]["UpdateReplacePolicy"] == "Retain"


def test_every_parameter_and_output_is_described(template: Template, alarms: Template) -> None:
    """The description is all that a person sees who deploys from the console."""
    flows = [part for flow in map(read_template, FLOWS) for part in (flow["Parameters"], flow["Outputs"])]
    for described in (template["Parameters"], template["Outputs"], alarms["Parameters"], *flows):
        for name, entry in described.items():
            assert entry.get("Description", "").endswith("."), f"{name} has no description"
