"""Shared code of the Lambda functions: HTTP, stream and state machine events, budgets, telemetry."""
