"""Agents with long gaps between their requests, and servers that close idle connections without saying when they do."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product

from figures import figure, paired_ratio
from peers import command
from processes import CLIENT_CORE, finish
from server import SPEED
from tables import heading, progress, spread, table

AGENTS = 100
# In the first half, the agents learn how long their servers keep a connection.
SECONDS = 340
FIXED = "closed after 4 s"


def run(settings, server):
    seconds = 6 if settings.quick else SECONDS
    # As by default, and without what it learns.
    clients = {version: (version, ()) for version in settings.versions_with("sparse")}
    clients[FIXED] = ("sipher", ("--idle", 4))
    progress(f"sparse: {AGENTS} agents of each kind, {seconds} s")

    def outcome(number, kept, version, options):
        # Those of two kinds are not to wake up at the same moments.
        time.sleep(number / 10)
        arguments = ("--seconds", seconds, "--speed", SPEED, "--kept", kept, *options)
        port = server.keeping_ports[kept]
        agents = command(settings, server, "sparse", AGENTS, *arguments, port=port, version=version)
        return parse(finish(agents, CLIENT_CORE, timeout=seconds + 60).stdout)

    # All together: they hardly work.
    with ThreadPoolExecutor(len(clients) * len(server.keeping_ports)) as pool:
        pending = {
            (kept, name): pool.submit(outcome, number, kept, *kind)
            for number, (kept, (name, kind)) in enumerate(product(server.keeping_ports, clients.items()))
        }
    servers = {
        kept: compared({name: pending[kept, name].result() for name in clients}) for kept in server.keeping_ports
    }
    result = {"seconds": seconds, "servers": servers, "creates_repeated": creates_repeated(server, servers)}
    show(result)
    return result


def compared(rows):
    for row in rows.values():
        row["cpu_us"] = figure(row["costs"])
        row["ratio"] = paired_ratio(rows["sipher"]["costs"], row["costs"])
    return rows


def creates_repeated(server, servers):
    """Those that the servers counted and no agent asked for; of all clients together."""
    served = [method for port in server.keeping_ports.values() for method, _ in server.log(port)].count("POST")
    return served - sum(row["creates"] for rows in servers.values() for row in rows.values())


def parse(output):
    counts, costs = output.splitlines()
    words = counts.split()
    numbers = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    return {
        **numbers,
        "costs": [float(each) for each in costs.split()],
        "reuse_of_all": numbers["reused"] / max(numbers["allowed"], 1),
        "reuse": numbers["reused"] / max(numbers["reusable"] - numbers["aged"], 1),
    }


def show(result):
    heading(f"sparse: {AGENTS} agents with gaps of up to 90 s, the last {result['seconds'] * SPEED // 2} s")
    rows = [
        [f"{kept} s", name, row["calls"], row["failed"], row["connections"], f"{row['reuse_of_all']:.2%}",
         f"{1 - row['reusable'] / row['allowed']:.2%}", f"{row['aged'] / row['allowed']:.2%}", f"{row['reuse']:.2%}",
         spread(row["cpu_us"], 0), spread(row["ratio"], 2)]
        for kept, clients in result["servers"].items()
        for name, row in clients.items()
    ]
    table(["server keeps", "client", "calls", "failed", "connections made", "reuse", "margin", "age",
           "reuse but for both", "µs of CPU per call", "sipher / this"], rows)
    print("reuse: of the requests other than creates that found the connection before them still open at the server,")
    print("       the share that used it")
    print("margin, age: of the same, those in the last second before the server closed, and those whose connection had")
    print("             reached max_lifetime: not reused on purpose")
    print(f"creates that the servers counted and no agent asked for: {result['creates_repeated']}")
