"""Processor time of each of the four operations."""

from figures import comparison
from peers import ONLY_GET, available, command
from sampling import Client, interleaved
from tables import heading, spread, table

CONNECTIONS = 64
OPERATIONS = ("create", "get", "update", "delete")


def run(settings, server):
    peers = [name for name in available(settings) if name not in ONLY_GET]
    result = {}
    for operation in OPERATIONS:
        clients = {
            name: Client(command(settings, server, name, CONNECTIONS, "--operation", operation), CONNECTIONS)
            for name in peers
        }
        result[operation] = comparison(interleaved(settings, server, f"operations, {operation}", clients))
    show(result)
    return result


def show(result):
    heading(f"operations: client CPU, {CONNECTIONS} connections")
    rows = [
        [operation, name, spread(row["cpu_us"]), spread(row["ratio"], 2)]
        for operation, clients in result.items()
        for name, row in clients.items()
    ]
    table(["operation", "client", "µs of CPU per call", "sipher / client"], rows)
