"""Agents with long gaps between their requests, and a server that keeps connections for 75 s without saying so."""

import re
from concurrent.futures import ThreadPoolExecutor

from peers import command
from processes import CLIENT_CORE, Failure, finish
from tables import heading, progress, table

AGENTS = 500
# As it is, and without what it learns.
CLIENTS = {"as it is": [], "closed after 4 s": ["--idle", 4]}


def run(settings, server):
    seconds = 4 if settings.quick else 300
    progress(f"sparse: {AGENTS} agents, {seconds} s")
    commands = [
        command(settings, server, "sparse", AGENTS, "--seconds", seconds, *options, port=server.unhinted_port)
        for options in CLIENTS.values()
    ]
    # At the same time: they hardly work.
    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(lambda each: finish(each, CLIENT_CORE, timeout=seconds + 60).stdout, commands))
    result = {"seconds": seconds, "clients": dict(zip(CLIENTS, map(parse, outputs), strict=True))}
    learned, fixed = result["clients"].values()
    result["ratio"] = learned["cpu_us"] / fixed["cpu_us"]
    show(result)
    return result


def parse(output):
    found = re.fullmatch(r"calls (\d+) failed (\d+) connections (\d+) cpu_us (\S+)\n", output)
    if found is None:
        raise Failure(f"sparse: what does '{output.strip()}' mean?")
    return {"calls": int(found[1]), "failed": int(found[2]), "connections": int(found[3]), "cpu_us": float(found[4])}


def show(result):
    heading(f"sparse: {AGENTS} agents with gaps of up to 90 s, the second half of {result['seconds']} s")
    rows = [
        [name, *(str(row[what]) for what in ("calls", "failed", "connections")), f"{row['cpu_us']:.0f}"]
        for name, row in result["clients"].items()
    ]
    table(["idle connections", "calls", "failed", "connections made", "µs of CPU per call"], rows)
