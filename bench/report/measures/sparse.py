"""Agents with long gaps between their requests, and servers that close idle connections without saying when they do."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

from peers import command
from processes import CLIENT_CORE, Failure, finish
from server import SPEED
from tables import heading, progress, table

AGENTS = 100
# How long it takes until each agent has learned how long its server keeps a connection, and as long again.
SECONDS = 340
FIXED = "closed after 4 s"


def run(settings, server):
    seconds = 6 if settings.quick else SECONDS
    # As by default, and without what it learns.
    clients = {version: (version, ()) for version in settings.versions} | {FIXED: ("sipher", ("--idle", 4))}
    progress(f"sparse: {AGENTS} agents of each kind, {seconds} s")

    def outcome(kind):
        kept, (version, options) = kind
        arguments = ("--seconds", seconds, "--speed", SPEED, "--kept", kept, *options)
        port = server.keeping_ports[kept]
        agents = command(settings, server, "sparse", AGENTS, *arguments, port=port, version=version)
        return parse(finish(agents, CLIENT_CORE, timeout=seconds + 60).stdout)

    # All at the same time: they hardly work.
    kinds = list(product(server.keeping_ports, clients.values()))
    with ThreadPoolExecutor(len(kinds)) as pool:
        outcomes = iter(list(pool.map(outcome, kinds)))
    servers = {kept: {name: next(outcomes) for name in clients} for kept in server.keeping_ports}
    result = {"seconds": seconds, "servers": servers, "creates_repeated": creates_repeated(server, servers)}
    show(result)
    return result


def creates_repeated(server, servers):
    """Those that the servers counted, and no agent asked for."""
    served = [method for port in server.keeping_ports.values() for method, _ in server.log(port)].count("POST")
    return served - sum(row["creates"] for rows in servers.values() for row in rows.values())


def parse(output):
    words = output.split()
    numbers = dict(zip(words[::2], map(float, words[1::2]), strict=True))
    if set(numbers) != {"calls", "connections", "reusable", "reused", "cpu_us", "creates", "failed"}:
        raise Failure(f"sparse: what does '{output.strip()}' mean?")
    return {**numbers, "reuse": numbers["reused"] / max(numbers["reusable"], 1)}


def show(result):
    heading(f"sparse: {AGENTS} agents with gaps of up to 90 s, the last {result['seconds'] * SPEED // 2} s")
    rows = [
        [f"{kept} s", name, f"{row['calls']:.0f}", f"{row['failed']:.0f}", f"{row['connections']:.0f}",
         f"{row['reuse']:.2%}", f"{row['cpu_us']:.0f}", f"{rows_of['sipher']['cpu_us'] / row['cpu_us']:.2f}"]
        for kept, rows_of in result["servers"].items()
        for name, row in rows_of.items()
    ]
    table(["server keeps", "client", "calls", "failed", "connections", "reuse of what could be", "µs of CPU per call",
           "sipher / this"], rows)
    print(f"creates that the servers counted and no agent asked for: {result['creates_repeated']:.0f}")
