"""Answers with what it sees: its path, its environment, and where its layer's package lies."""

import json
import os
from typing import Any

import pantry


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Tell it all as JSON."""
    print("asked for", event.get("path"))
    seen = {"name": event["pathParameters"]["name"], "environment": dict(os.environ), "shelf": pantry.SHELF}
    return {"statusCode": 200, "body": json.dumps(seen)}
