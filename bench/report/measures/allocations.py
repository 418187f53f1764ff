"""Heap allocations of a warm call."""

import time

from heap import counted_heap
from peers import available, command
from processes import CLIENT_CORE, running
from sampling import wait_until_warm
from tables import heading, progress, table

CONNECTIONS = 1


def run(settings, server):
    result = {}
    for name in available(settings):
        progress(f"allocations: {name}")
        result[name] = of_client(settings, server, name)
    show(result)
    return result


def of_client(settings, server, name):
    with counted_heap(settings) as heap:
        client = [*heap.environment, *command(settings, server, name, CONNECTIONS)]
        with running(client, CLIENT_CORE) as child:
            wait_until_warm(settings, server, child, CONNECTIONS)
            before, requests = heap.counts(), server.requests()
            time.sleep(settings.window_seconds)
            after, requests = heap.counts(), server.requests() - requests
        server.wait_until_idle()
    calls = max(requests, 1)
    return {
        "allocations": (after.allocations - before.allocations) / calls,
        "by_openssl": (after.by_openssl - before.by_openssl) / calls,
    }


def show(result):
    heading("allocations: of a warm get_session, one connection")
    rows = [
        [name, f"{row['allocations']:.2f}", f"{row['by_openssl']:.2f}", f"{row['allocations'] - row['by_openssl']:.2f}",
         f"{result['sipher']['allocations'] / row['allocations']:.2f}"]
        for name, row in result.items()
    ]
    table(["client", "allocations per call", "OpenSSL's", "its own", "sipher / client"], rows)
