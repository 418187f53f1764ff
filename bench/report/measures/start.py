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
WARM_UP = 5
CLIENTS = ("sipher", "before", "sipher_static", "floor", "textbook", "curl_multi", "go_net")
WITH_TICKETS = "sipher, with saved tickets"


def run(settings, server):
    progress("start")
    runs = 10 if settings.quick else 200
    commands = {name: command(settings, server, name, 1, "--operations", 1) for name in available(settings, *CLIENTS)}
    commands["curl"] = curl_command(server)
    with tempfile.TemporaryDirectory() as folder:
        tickets = ("--tickets", Path(folder) / "tickets")
        commands[WITH_TICKETS] = command(settings, server, "sipher", 1, "--operations", 1, *tickets)
        times = timed(runs, commands)
    require_resumption(server, WARM_UP + runs - 1)
    result = {name: {**row, "kib": stripped_kib(commands[name][0])} for name, row in times.items()}
    for row in result.values():
        row["ratio"] = paired_ratio(result["sipher"]["wall_ms"], row["wall_ms"])
    result = {name: {**row, "wall_ms": figure(row["wall_ms"])} for name, row in result.items()}
    show(result)
    return result


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


def timed(runs, commands):
    with tempfile.NamedTemporaryFile(suffix=".json") as output:
        lines = [shlex.join(map(str, each)) for each in commands.values()]
        finish(
            ["hyperfine", "--shell=none", "--warmup", WARM_UP, "--runs", runs, "--export-json", output.name, *lines],
            CLIENT_CORE,
        )
        rows = json.load(output)["results"]
    return {
        name: {
            "wall_ms": [seconds * 1e3 for seconds in row["times"]],
            "cpu_ms": (row["user"] + row["system"]) * 1e3,
        }
        for name, row in zip(commands, rows, strict=True)
    }


def stripped_kib(program):
    """What is left of it without symbols. Shared libraries are not counted."""
    with tempfile.TemporaryDirectory() as folder:
        stripped = Path(folder) / "stripped"
        subprocess.run(["strip", "-o", stripped, program], check=True)
        return stripped.stat().st_size / KIB


def show(result):
    heading("start: a process that makes one get_session, from its start to its end")
    rows = [
        [name, spread(row["wall_ms"]), f"{row['cpu_ms']:.1f}", f"{row['ratio'].middle:.2f}", f"{row['kib']:.0f}"]
        for name, row in result.items()
    ]
    table(["client", "ms in all", "ms of CPU, mean", "ms of sipher / this", "KiB of program, stripped"], rows)
