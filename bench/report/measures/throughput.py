"""Processor time of a call and calls a second, over the number of connections."""

from figures import comparison, costs, paired_ratio
from peers import available, command
from sampling import Client, interleaved
from tables import heading, spread, table


def run(settings, server):
    samples = {
        connections: interleaved(
            settings, server, f"throughput, {connections} connections",
            {name: Client(command(settings, server, name, connections), connections) for name in available(settings)},
        )
        for connections in settings.connections
    }
    result = {
        "connections": {connections: comparison(taken) for connections, taken in samples.items()},
        "growth": growth(samples),
    }
    show(result)
    return result


def growth(samples):
    """What a call costs at 1024 connections, in that at 64; of each client, because the system has its part."""
    if 1024 not in samples or 64 not in samples:
        return {}
    return {name: paired_ratio(costs(samples[1024][name]), costs(samples[64][name])) for name in samples[64]}


def show(result):
    heading("throughput: client CPU per get_session")
    rows = [
        [connections, name, spread(row["cpu_us"]), f"{row['per_second'].middle:.0f}", spread(row["ratio"], 2)]
        for connections, clients in result["connections"].items()
        for name, row in clients.items()
    ]
    table(["connections", "client", "µs of CPU per call", "calls/s", "sipher / client"], rows)
    for name, figure in result["growth"].items():
        print(f"1024 connections / 64, {name}: {spread(figure, 2)}")
