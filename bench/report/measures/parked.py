"""What a call costs while very many others wait for one of the connections."""

from figures import comparison
from peers import command
from sampling import Client, interleaved
from tables import heading, spread, table

CONNECTIONS = 64


def run(settings, server):
    many = 10_000 if settings.quick else 100_000
    clients = {
        f"{calls} calls": Client(command(settings, server, "sipher", CONNECTIONS, "--calls", calls), CONNECTIONS, calls)
        for calls in (many, CONNECTIONS)
    }
    compared = comparison(interleaved(settings, server, "parked", clients), own=f"{many} calls")
    result = {"calls": many, "clients": compared, "ratio": compared[f"{CONNECTIONS} calls"]["ratio"]}
    show(result)
    return result


def show(result):
    heading(f"parked: sipher's CPU per get_session, {CONNECTIONS} connections, by calls at a time")
    rows = [
        [name, spread(row["cpu_us"]), f"{row['per_second'].middle:.0f}", spread(row["ratio"], 2)]
        for name, row in result["clients"].items()
    ]
    table(["at a time", "µs of CPU per call", "calls/s", f"{result['calls']} / these"], rows)
