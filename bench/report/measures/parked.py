"""What a call costs while very many others wait for one of the connections."""

from figures import comparison
from peers import command
from sampling import Client, interleaved
from tables import heading, spread, table

CONNECTIONS = 64


def run(settings, server):
    many = 10_000 if settings.quick else 100_000
    kinds = [(version, calls) for version in settings.versions for calls in (many, CONNECTIONS)]
    clients = {
        title(*kind): Client(command(settings, server, kind[0], CONNECTIONS, "--calls", kind[1]), CONNECTIONS, kind[1])
        for kind in [*kinds, ("floor", CONNECTIONS)]
    }
    compared = comparison(interleaved(settings, server, "parked", clients), own=title("sipher", many))
    result = {"calls": many, "clients": compared, "ratio": compared[title("sipher", CONNECTIONS)]["ratio"]}
    show(result)
    return result


def title(client, calls):
    return f"{client}, {calls} calls"


def show(result):
    heading(f"parked: CPU per get_session, {CONNECTIONS} connections, by calls at a time")
    rows = [
        [name, spread(row["cpu_us"]), f"{row['per_second'].middle:.0f}", spread(row["ratio"], 2)]
        for name, row in result["clients"].items()
    ]
    table(["at a time", "µs of CPU per call", "calls/s", f"{title('sipher', result['calls'])} / these"], rows)
