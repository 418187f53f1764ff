"""How long calls take that arrive at a fixed rate, whether the client keeps up or not."""

import json

from figures import figure, paired_ratio
from peers import command
from processes import CLIENT_CORE, finish
from tables import heading, progress, table

# What the system keeps of each second from real-time programs for all others would be seen in the tail.
REAL_TIME = False
CONNECTIONS = 64
LOADS = (20, 50, 80)
PERCENTILES = ("p50", "p90", "p99", "p99.9")
# More than any client can do, and no more than what it can keep in memory.
OVERLOAD_RATE, OVERLOAD_SECONDS = 150_000, 1


def clients_of(settings):
    return (*settings.versions_with("latency_sipher"), "floor", "textbook")


def run(settings, server):
    capacity = measure_capacity(settings, server)
    slower = min(capacity["sipher"], capacity["textbook"])
    result = {"capacity": capacity, "loads": {}}
    for load in LOADS:
        result["loads"][load] = at_load(settings, server, load, int(slower * load / 100))
    show(result)
    return result


def measure_capacity(settings, server):
    """The best of a few times, because whatever else the machine does makes it only less."""
    progress("latency: what each client can do")
    return {
        name: max(
            calls(settings, server, name, OVERLOAD_RATE, OVERLOAD_SECONDS)["per_second"]
            for _ in range(1 if settings.quick else 3)
        )
        for name in clients_of(settings)
    }


def calls(settings, server, name, rate, seconds):
    program, version = ("latency_sipher", name) if name in settings.versions else (f"latency_{name}", "sipher")
    options = ("--rate", rate, "--seconds", seconds)
    client = command(settings, server, program, CONNECTIONS, *options, version=version)
    measured = json.loads(finish(client, CLIENT_CORE).stdout)
    server.wait_until_idle()
    return measured


def at_load(settings, server, load, rate):
    clients = clients_of(settings)
    measured = {name: [] for name in clients}
    for turn in range(settings.rounds):
        progress(f"latency, {load} % of capacity: round {turn + 1} of {settings.rounds}")
        for name in clients:
            measured[name].append(calls(settings, server, name, rate, 1 if settings.quick else 3))
    values = {key: {name: [each[key] for each in measured[name]] for name in clients} for key in PERCENTILES}
    return {
        "rate": rate,
        "microseconds": {key: {name: figure(of[name]) for name in clients} for key, of in values.items()},
        "ratio": {
            key: {name: paired_ratio(of["sipher"], of[name]) for name in clients[1:]} for key, of in values.items()
        },
    }


def show(result):
    capacity = ", ".join(f"{name} {calls_a_second:.0f}" for name, calls_a_second in result["capacity"].items())
    heading(f"latency: µs from the moment a call was due, {CONNECTIONS} connections (calls/s at most: {capacity})")
    rows = []
    for load, row in result["loads"].items():
        for name in result["capacity"]:
            cells = [f"{row['microseconds'][key][name].middle:.0f}" for key in PERCENTILES]
            rows.append([f"{load} %", f"{row['rate']}", name, *cells])
        for name in row["ratio"]["p50"]:
            cells = [f"{row['ratio'][key][name].middle:.2f}" for key in PERCENTILES]
            rows.append(["", "", f"sipher / {name}", *cells])
    table(["load", "calls/s", "client", *PERCENTILES], rows)
