"""Reads Kinesis and invokes the deployed functions as AWS Lambda's event source mappings do.

A development tool: MiniStack's own mappings lose records after a partial failure, so they are disabled locally and
replaced by this process. Each rule follows the AWS documentation; the README has the table.
"""
