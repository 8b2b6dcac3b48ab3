"""The adapters of a deployed stack, for the parts of the demo that are no client: import, model, the final check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from freshet.adapters.dynamo_views import DynamoViews
from freshet.adapters.s3_archive import S3Archive
from freshet.adapters.s3_model_store import S3ModelStore
from freshet.adapters.sqs_dead_letters import SqsDeadLetters
from freshet.application.ports import FeatureStore
from freshet.bootstrap import aws_client


@dataclass(frozen=True)
class Stores:
    """Everything behind the API that the demo looks at."""

    views: DynamoViews
    archive: S3Archive
    models: S3ModelStore
    dead_letters: SqsDeadLetters
    secret: bytes

    def features(self) -> FeatureStore:
        """The rows of the version that serves."""
        return self.views.store(self.views.serving())


def open_stores(outputs: Mapping[str, str], region: str) -> Stores:
    """The stores of a stack by its outputs; the endpoint and the credentials come from the environment."""
    s3 = aws_client("s3", region)
    secret = aws_client("secretsmanager", region).get_secret_value(SecretId=outputs["PseudonymSecretArn"])
    return Stores(
        DynamoViews(aws_client("dynamodb", region), outputs["UsersTable"], outputs["ItemsTable"]),
        S3Archive(s3, outputs["ArchiveBucket"]),
        S3ModelStore(s3, outputs["ModelsBucket"], outputs["ModelsTable"], region),
        SqsDeadLetters(aws_client("sqs", region), outputs["DeadLettersUrl"]),
        str(secret["SecretString"]).encode(),
    )
