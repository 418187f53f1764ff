"""Processor time of a call that needs a new connection, with a full and with a resumed TLS handshake."""

import re

from figures import comparison, costs, paired_ratio
from peers import command
from processes import CLIENT_CORE, Failure, finish
from sampling import Client, interleaved
from tables import heading, spread, table

TRIAL = 20


def run(settings, server):
    require_resumption(settings, server, server.port, TRIAL - 1)
    require_resumption(settings, server, server.full_handshake_port, 0)

    def client(name, port):
        return Client(command(settings, server, name, 1, "--fresh", port=port), 1, keeps_connections=False)

    samples = interleaved(
        settings, server, "connect",
        {
            "sipher, resumed": client("sipher", server.port),
            "sipher, full": client("sipher", server.full_handshake_port),
            "textbook, full": client("textbook", server.full_handshake_port),
        },
    )
    result = {
        "clients": comparison(samples, own="sipher, resumed"),
        "ratio": paired_ratio(costs(samples["sipher, resumed"]), costs(samples["sipher, full"])),
    }
    show(result)
    return result


def require_resumption(settings, server, port, expected):
    """That the handshakes to be measured are of the kind that they are taken for."""
    trial = command(settings, server, "sipher", 1, "--fresh", "--operations", TRIAL, port=port)
    output = finish(trial, CLIENT_CORE).stdout
    found = re.search(r"dialed (\d+) resumed (\d+)", output)
    if found is None or [int(number) for number in found.groups()] != [TRIAL, expected]:
        raise Failure(f"connect: {expected} of {TRIAL} handshakes were to be resumed, but: {output.strip()}")


def show(result):
    heading("connect: client CPU of a connection with one get_session, one after the other")
    rows = [[name, spread(row["cpu_us"]), spread(row["ratio"], 2)] for name, row in result["clients"].items()]
    table(["client", "µs of CPU per connection", "resumed / this"], rows)
