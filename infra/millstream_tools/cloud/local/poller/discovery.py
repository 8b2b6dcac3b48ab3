"""Finds the Kinesis mappings of a deployed stack."""

from __future__ import annotations

from millstream_tools.cloud.local.clients import Clients
from millstream_tools.cloud.local.poller.loop import Source
from millstream_tools.cloud.local.poller.mapping import mapping_from_api


def sources_of_stack(clients: Clients, stack: str) -> list[Source]:
    """Every Kinesis mapping of the stack, whether it is enabled or not: locally it is off so that we deliver."""
    pages = clients("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    functions, streams = clients("lambda"), clients("kinesis")
    sources = []
    for resource in (each for page in pages for each in page["StackResourceSummaries"]):
        if resource["ResourceType"] != "AWS::Lambda::EventSourceMapping":
            continue
        answer = functions.get_event_source_mapping(UUID=resource["PhysicalResourceId"])
        if ":kinesis:" not in answer.get("EventSourceArn", ""):
            continue
        role = functions.get_function_configuration(FunctionName=answer["FunctionArn"])["Role"]
        summary = streams.describe_stream_summary(StreamARN=answer["EventSourceArn"])["StreamDescriptionSummary"]
        sources.append(Source(mapping_from_api(answer, role), summary["StreamCreationTimestamp"].timestamp()))
    return sources
