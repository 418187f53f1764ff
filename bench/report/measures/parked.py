"""What a call costs while very many others wait for one of the connections."""

from figures import comparison, costs, paired_ratio
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
    samples = interleaved(settings, server, "parked", clients)
    compared = comparison(samples, own=title("sipher", many))
    for version, calls in kinds:
        own, taken = (costs(samples[title(each, calls)]) for each in ("sipher", version))
        compared[title(version, calls)]["ratio_of_same_calls"] = paired_ratio(own, taken)
    result = {"calls": many, "clients": compared, "ratio": compared[title("sipher", CONNECTIONS)]["ratio"]}
    show(result)
    return result


def title(client, calls):
    return f"{client}, {calls} calls"


def show(result):
    heading(f"parked: CPU per get_session, {CONNECTIONS} connections, by calls at a time")
    rows = [
        [name, spread(row["cpu_us"]), f"{row['per_second'].middle:.0f}", spread(row["ratio"], 2),
         spread(row["ratio_of_same_calls"], 2) if "ratio_of_same_calls" in row else "–"]
        for name, row in result["clients"].items()
    ]
    many = title("sipher", result["calls"])
    table(["at a time", "µs of CPU per call", "calls/s", f"{many} / this", "sipher, as many calls / this"], rows)
