"""A call that needs a new connection, with a full and with a resumed TLS handshake: processor time and duration."""

import re

from figures import comparison, costs, figure, paired_ratio
from peers import command, s_time_command
from processes import CLIENT_CORE, Failure, finish
from sampling import Client, interleaved
from tables import heading, spread, table

TRIAL = 20
OWN = "sipher"


def run(settings, server):
    require_resumption(settings, server, server.port, TRIAL - 1)
    require_resumption(settings, server, server.full_handshake_port, 0)
    result = {
        kind: handshakes(settings, server, kind, port)
        for kind, port in (("full", server.full_handshake_port), ("resumed", server.port))
    }
    result["ratio"] = paired_ratio(result["resumed"].pop("costs"), result["full"].pop("costs"))
    show(result)
    return result


def handshakes(settings, server, kind, port):
    commands = {
        name: command(settings, server, name, 1, *options, port=port)
        for name, options in ((OWN, ["--fresh"]), ("textbook", ["--fresh"]), ("curl_multi", ["--fresh"]), ("go_net", []))
        if settings.program(name).exists()
    }
    commands["s_time"] = s_time_command(server, port, resumes=kind == "resumed")
    if kind == "resumed":
        # It would make a full one each time.
        del commands["textbook"]
    samples = interleaved(
        settings, server, f"connect, {kind}",
        {name: Client(each, 1, keeps_connections=False) for name, each in commands.items()},
    )
    clients = comparison(samples, own=OWN)
    for name, taken in samples.items():
        clients[name]["wall_us"] = figure([1e6 / sample.per_second for sample in taken])
    return {"clients": clients, "costs": costs(samples[OWN])}


def require_resumption(settings, server, port, expected):
    """That the handshakes to be measured are of the kind that they are taken for."""
    trial = command(settings, server, "sipher", 1, "--fresh", "--operations", TRIAL, port=port)
    output = finish(trial, CLIENT_CORE).stdout
    found = re.search(r"dialed (\d+) resumed (\d+)", output)
    if found is None or [int(number) for number in found.groups()] != [TRIAL, expected]:
        raise Failure(f"connect: {expected} of {TRIAL} handshakes were to be resumed, but: {output.strip()}")


def show(result):
    heading("connect: a connection with one get_session, one after the other")
    rows = [
        [kind, name, spread(row["cpu_us"]), spread(row["wall_us"]), spread(row["ratio"], 2)]
        for kind in ("full", "resumed")
        for name, row in result[kind]["clients"].items()
    ]
    table(["handshake", "client", "µs of CPU", "µs in all", "CPU of sipher / this"], rows)
