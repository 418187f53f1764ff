"""From the start of a process to its end, with one get_session in between; and how large the program is."""

import json
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from figures import figure, paired_ratio
from peers import API_KEY, available, command
from processes import CLIENT_CORE, Failure, finish
from server import SESSION
from tables import heading, progress, spread, table

KIB = 1024
WARM_UP = 2
CLIENTS = ("sipher", "before", "sipher_static", "floor", "textbook", "curl_multi", "go_net")
WITH_TICKETS = "sipher, with saved tickets"


def run(settings, server):
    runs = 5 if settings.quick else 40
    commands = {name: command(settings, server, name, 1, "--operations", 1) for name in available(settings, *CLIENTS)}
    commands["curl"] = curl_command(server)
    with tempfile.TemporaryDirectory() as folder:
        tickets = ("--tickets", Path(folder) / "tickets")
        commands[WITH_TICKETS] = command(settings, server, "sipher", 1, "--operations", 1, *tickets)
        times = {name: [] for name in commands}
        for turn in range(settings.rounds):
            progress(f"start: round {turn + 1} of {settings.rounds}")
            for name, each in commands.items():
                times[name].append(timed(runs, each))
    require_resumption(server, settings.rounds * (WARM_UP + runs) - 1)
    result = {name: row_of(taken, times["sipher"], commands[name][0]) for name, taken in times.items()}
    show(result)
    return result


def row_of(taken, own, program):
    return {
        **{key: figure([each[key] for each in taken]) for key in ("wall_ms", "cpu_ms")},
        "ratio": paired_ratio([each["wall_ms"] for each in own], [each["wall_ms"] for each in taken]),
        "kib": stripped_kib(program),
    }


def require_resumption(server, expected):
    """The server itself says whose handshakes it resumed: those of all processes with tickets, but for the first."""
    resumed = sum(was_resumed for _, was_resumed in server.log(server.port))
    if resumed != expected:
        raise Failure(f"start: {expected} handshakes were to be resumed, not {resumed}")


def curl_command(server):
    return [
        shutil.which("curl"), "--silent", "--fail", "--http1.1", "--cacert", server.ca_file, "--output", "/dev/null",
        "--header", f"X-API-Key: {API_KEY}", f"https://localhost:{server.port}/v1/sessions/{SESSION}",
    ]


def timed(runs, client):
    """Medians, or for the processor time, of which no more is told, the mean."""
    with tempfile.NamedTemporaryFile(suffix=".json") as output:
        timing = ["hyperfine", "--shell=none", "--warmup", WARM_UP, "--runs", runs, "--export-json", output.name]
        finish([*timing, shlex.join(map(str, client))], CLIENT_CORE)
        row = json.load(output)["results"][0]
    return {"wall_ms": row["median"] * 1e3, "cpu_ms": (row["user"] + row["system"]) * 1e3}


def stripped_kib(program):
    """What is left of it without symbols. Shared libraries are not counted."""
    with tempfile.TemporaryDirectory() as folder:
        stripped = Path(folder) / "stripped"
        subprocess.run(["strip", "-o", stripped, program], check=True)
        return stripped.stat().st_size / KIB


def show(result):
    heading("start: a process that makes one get_session, from its start to its end")
    rows = [
        [name, spread(row["wall_ms"], 2), spread(row["cpu_ms"], 2), spread(row["ratio"], 2), f"{row['kib']:.0f}"]
        for name, row in result.items()
    ]
    table(["client", "ms elapsed", "ms of CPU", "ms of sipher / this", "KiB of program, stripped"], rows)
