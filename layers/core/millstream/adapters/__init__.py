"""The ports fulfilled, each by a technology: DynamoDB, Kinesis, S3, SQS, and memory, which is the default."""
