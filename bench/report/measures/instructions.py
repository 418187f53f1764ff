"""Instructions of a warm call: of two runs that differ only in the number of calls, the difference."""

import re
import tempfile
from pathlib import Path

from peers import available, command
from processes import CLIENT_CORE, Failure, finish
from tables import heading, progress, table

CONNECTIONS = 64
PEERS = ("sipher", "before", "floor", "textbook")


def run(settings, server):
    few, many = (500, 1500) if settings.quick else (2000, 12000)
    result = {}
    for name in available(settings, *PEERS):
        progress(f"instructions: {name}")
        counts = [instructions(settings, server, name, operations) for operations in (few, many)]
        result[name] = (counts[1] - counts[0]) / (many - few)
    result["ratio"] = result["sipher"] / result["textbook"]
    show(result)
    return result


def instructions(settings, server, name, operations):
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={Path(folder) / 'callgrind.out'}"]
        client = command(settings, server, name, CONNECTIONS, "--operations", operations)
        output = finish([*valgrind, *client], CLIENT_CORE).stderr
    found = re.search(r"Collected *: *(\d+)", output)
    if found is None:
        raise Failure("callgrind did not say what it counted")
    return int(found.group(1))


def show(result):
    heading(f"instructions: of a warm get_session, {CONNECTIONS} connections, in user mode (callgrind)")
    rows = [[name, f"{result[name]:.0f}", f"{result['sipher'] / result[name]:.2f}"] for name in result if name in PEERS]
    table(["client", "instructions per call", "sipher / client"], rows)
