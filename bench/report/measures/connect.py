"""A call that needs a new connection, with a full and with a resumed TLS handshake: processor time and duration."""

from figures import comparison, costs, figure, paired_ratio
from peers import available, command, s_time_command
from processes import CLIENT_CORE, Failure, running, wait_until
from sampling import Client, interleaved
from tables import heading, spread, table

TRIAL = 20
OWN = "sipher"
CLIENTS = ("sipher", "before", "floor", "textbook", "curl_multi", "go_net")


def run(settings, server):
    result = {
        "full": handshakes(settings, server, "full", server.full_handshake_port),
        "resumed": handshakes(settings, server, "resumed", server.port),
    }
    result["ratio"] = paired_ratio(result["resumed"].pop("costs"), result["full"].pop("costs"))
    show(result)
    return result


def handshakes(settings, server, kind, port):
    commands = {
        name: command(settings, server, name, 1, *(() if name == "go_net" else ("--fresh",)), port=port)
        for name in available(settings, *CLIENTS)
    }
    commands["s_time"] = s_time_command(server, port, resumes=kind == "resumed")
    if kind == "resumed":
        # It would make a full one each time.
        del commands["textbook"]
    clients = {name: Client(each, 1, keeps_connections=False) for name, each in commands.items()}
    for name, client in clients.items():
        require_handshakes(server, name, client, kind, port)
    samples = interleaved(settings, server, f"connect, {kind}", clients)
    rows = comparison(samples, own=OWN)
    for name, taken in samples.items():
        rows[name]["wall_us"] = figure([1e6 / sample.per_second for sample in taken])
    return {"clients": rows, "costs": costs(samples[OWN])}


def require_handshakes(server, name, client, kind, port):
    """The server itself says that they are of the kind that they are taken for, but for the first."""
    before = len(server.log(port))
    with running(client.command, CLIENT_CORE) as child:
        wait_until(lambda: len(server.log(port)) >= before + TRIAL, f"connect: {TRIAL} handshakes", child=child)
    resumed = [was_resumed for _, was_resumed in server.log(port)[before + 1 : before + TRIAL]]
    if resumed.count(kind == "resumed") != TRIAL - 1:
        raise Failure(f"connect, {kind}: of {TRIAL - 1} handshakes of {name}, the server resumed {sum(resumed)}")
    server.wait_until_idle()


def show(result):
    heading("connect: a connection with one get_session, one after the other")
    rows = [
        [kind, name, spread(row["cpu_us"]), spread(row["wall_us"]), spread(row["ratio"], 2)]
        for kind in ("full", "resumed")
        for name, row in result[kind]["clients"].items()
    ]
    table(["handshake", "client", "µs of CPU", "µs in all", "CPU of sipher / this"], rows)
