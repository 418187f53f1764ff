"""The most memory that a process ever has with many live sessions."""

import re

from peers import command
from processes import CLIENT_CORE, Failure, finish
from tables import heading, progress, table

CALLS = 64


def run(settings, server):
    versions = settings.versions_with("live_sessions")
    result = {version: memory_of(settings, server, version) for version in versions}
    show(result)
    return result


def memory_of(settings, server, version):
    most = 1000 if settings.quick else 10_000
    # Half of them already need more than what the process had at its start.
    half = most // 2
    held, deleted = {}, {}
    for number in (half, most):
        progress(f"sessions: {number} live sessions of {version}")
        held[number], deleted[number] = peaks(settings, server, number, version)
    added = most - half
    return {
        "sessions": most,
        "peak_mib": deleted[most] / 1024,
        "kib_each": (held[most] - held[half]) / added,
        "kib_each_when_all_are_deleted": (deleted[most] - deleted[half]) / added,
    }


def peaks(settings, server, number, version):
    client = command(settings, server, "live_sessions", CALLS, "--operations", number, version=version)
    output = finish(client, CLIENT_CORE).stdout
    found = re.search(r"started (\d+) peak (\d+)\ndeleted (\d+) peak (\d+)", output)
    if found is None or not int(found[1]) == int(found[3]) == number:
        raise Failure(f"sessions: {number} were to be started and deleted, but: {output.strip()}")
    return int(found[2]), int(found[4])


def show(result):
    heading(f"sessions: the most memory of a process with {result['sipher']['sessions']} live sessions")
    rows = [
        [name, f"{row['peak_mib']:.1f}", f"{result['sipher']['peak_mib'] / row['peak_mib']:.2f}",
         f"{row['kib_each']:.2f}", f"{row['kib_each_when_all_are_deleted']:.2f}"]
        for name, row in result.items()
    ]
    table(["client", "MiB at most", "sipher / this", "KiB of each, started", "KiB of each, all deleted at once"], rows)
