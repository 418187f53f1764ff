"""Memory of an idle connection and of a call that waits for one: of two processes that differ in their number."""

import subprocess

from heap import counted_heap
from peers import available, command
from processes import CLIENT_CORE, Failure, resident_bytes, running
from sampling import wait_until_warm
from tables import heading, progress, table

CONNECTIONS = 64
CLIENTS = ("sipher", "before", "floor", "textbook")
# Enough calls for each connection to carry some.
CALLS_PER_CONNECTION = 20
KIB = 1024


def run(settings, server):
    connections = 200 if settings.quick else 1000
    result = {
        "idle_connections": connections,
        "idle": {name: idle(settings, server, name, connections) for name in available(settings, *CLIENTS)},
        "parked": {
            version: parked(settings, server, version, (1000, 10_000) if settings.quick else (1000, 10_000, 100_000))
            for version in settings.versions
        },
    }
    show(result)
    return result


def idle(settings, server, name, connections):
    progress(f"memory: {connections} idle connections of {name}")

    def held(number):
        calls = number * CALLS_PER_CONNECTION
        client = command(settings, server, name, number, "--operations", calls, "--linger")
        return memory_of(settings, server, client, lambda child: wait_until_idle(server, child, number))

    return per_piece(held(connections), held(1), connections - 1)


def parked(settings, server, version, numbers):
    def held(calls):
        progress(f"memory: {calls} calls of {version} at a time")
        client = command(settings, server, version, CONNECTIONS, "--calls", calls)
        return memory_of(
            settings, server, client, lambda child: wait_until_warm(settings, server, child, CONNECTIONS, calls)
        )

    base = held(CONNECTIONS)
    return {calls: per_piece(held(calls), base, calls - CONNECTIONS) for calls in numbers}


def wait_until_idle(server, child, connections):
    for line in child.stdout:
        if line.strip() == "done":
            break
    else:
        raise Failure(f"memory: {child.stderr.read().strip()}")
    active, _ = server.status()
    if active != connections:
        raise Failure(f"memory: {connections} connections were to be idle, not {active}")


def memory_of(settings, server, client, reach_steady_state):
    """Once as it is and once counted, because counting slows down, and takes memory of its own."""
    with running(client, CLIENT_CORE, stdout=subprocess.PIPE) as child:
        reach_steady_state(child)
        resident = resident_bytes(child.pid)
    server.wait_until_idle()
    with counted_heap(settings) as heap, running(
        [*heap.environment, *client], CLIENT_CORE, stdout=subprocess.PIPE
    ) as child:
        reach_steady_state(child)
        allocated = heap.counts().bytes_held
    server.wait_until_idle()
    return {"resident": resident, "heap": allocated}


def per_piece(more, less, pieces):
    return {kind: (more[kind] - less[kind]) / pieces / KIB for kind in more}


def show(result):
    heading("memory: in KiB, resident in the process and allocated from the heap")
    rows = [
        [f"an idle connection, of {result['idle_connections']}, {name}", *cells(row, result["idle"]["sipher"])]
        for name, row in result["idle"].items()
    ]
    rows += [
        [f"a call, of {calls} over {CONNECTIONS} connections, {name}", *cells(row, result["parked"]["sipher"][calls])]
        for name, by_calls in result["parked"].items()
        for calls, row in by_calls.items()
    ]
    table(["what", "resident", "heap", "sipher / this: resident", "heap"], rows)


def cells(row, own):
    kinds = ("resident", "heap")
    return [*(f"{row[kind]:.2f}" for kind in kinds), *(f"{own[kind] / row[kind]:.2f}" for kind in kinds)]
