"""Looks from outside, in the same way for each client: what it used, and what the server has served meanwhile."""

import time
from dataclasses import dataclass

from processes import CLIENT_CORE, cpu_seconds, require_alive, running, wait_until
from tables import progress

START_SECONDS = 60.0


@dataclass
class Sample:
    cpu_microseconds: float
    per_second: float


def wait_until_warm(settings, server, child, connections, calls=0):
    """All connections are made, all calls have gone round, and caches and rates have settled."""

    def has_begun():
        active, requests = server.status()
        return active >= connections and requests >= before + calls + 2 * connections

    before = server.requests()
    wait_until(has_begun, "the start of a client", START_SECONDS, child)
    time.sleep(settings.warm_seconds)


def window(settings, server, child):
    start, cpu, requests = time.monotonic(), cpu_seconds(child.pid), server.requests()
    time.sleep(settings.window_seconds)
    seconds = time.monotonic() - start
    cpu = cpu_seconds(child.pid) - cpu
    requests = server.requests() - requests
    require_alive(child)
    return Sample(cpu * 1e6 / max(requests, 1), requests / seconds)


@dataclass
class Client:
    """One to be compared: a command that goes on until it is stopped."""

    command: list
    connections: int
    calls: int = 0
    keeps_connections: bool = True


def sample(settings, server, client):
    """Starts the client, and looks at it in the middle of its work."""
    with running(client.command, CLIENT_CORE) as child:
        wait_until_warm(settings, server, child, client.connections if client.keeps_connections else 0, client.calls)
        taken = window(settings, server, child)
    server.wait_until_idle()
    return taken


def interleaved(settings, server, what, clients):
    """A B C A B C …: the samples of each client, round by round."""
    samples = {name: [] for name in clients}
    for turn in range(settings.rounds):
        progress(f"{what}: round {turn + 1} of {settings.rounds}")
        for name, client in clients.items():
            samples[name].append(sample(settings, server, client))
    return samples
