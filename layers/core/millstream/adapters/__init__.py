"""Implementations of the ports: DynamoDB, Kinesis, S3, SQS, and in memory, which is the default."""
