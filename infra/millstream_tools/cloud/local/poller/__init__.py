"""Reads Kinesis and invokes the deployed functions as AWS Lambda's event source mappings do.

A development tool: MiniStack's own mappings lose records after a partial failure, so locally they are off and this
process takes their place. Each rule is written from AWS's published words; the README has the table.
"""
