#!/usr/bin/env python3
"""Prints the spans of a file of traces with what is the same in every run.

Ids are numbered as they appear, and ports, times and ids in values are left out.
"""

import json
import re
import sys

DIFFERENT = {"server.port", "network.peer.port", "network.peer.address", "sipher.request_id"}


def spans(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            for resource in json.loads(line)["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    yield from scope["spans"]


def outline(span, numbers):
    def number(each):
        return numbers.setdefault(each, len(numbers) + 1)

    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), span
    parent = f" below {number(span['parentSpanId'])}" if "parentSpanId" in span else ""
    yield f"trace {number(span['traceId'])} span {number(span['spanId'])}{parent}: {span['name']}"
    for attribute in span["attributes"]:
        (value,) = attribute["value"].values()
        shown = "…" if attribute["key"] in DIFFERENT else re.sub(r"(:|sess_)[0-9a-f…]{3,}", r"\1…", value)
        yield f"    {attribute['key']} = {shown}"
    if "status" in span:
        yield f"    status {span['status']['code']}: {span['status']['message']}"


numbers = {}
for each in spans(sys.argv[1]):
    print("\n".join(outline(each, numbers)))
