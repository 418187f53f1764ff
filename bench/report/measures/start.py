"""From the start of a process to its end, with one get_session in between; and how large the program is."""

import json
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from figures import figure
from peers import API_KEY, available, command
from processes import CLIENT_CORE, finish
from server import SESSION
from tables import heading, progress, spread, table

KIB = 1024


def run(settings, server):
    commands = {
        name: command(settings, server, name, 1, "--operations", 1)
        for name in ("sipher", "sipher_static", "textbook", "curl_multi", "go_net")
        if settings.program(name).exists()
    }
    commands["curl"] = curl_command(server)
    progress("start")
    result = {name: {**row, "kib": stripped_kib(commands[name][0])} for name, row in timed(settings, commands).items()}
    show(result)
    return result


def curl_command(server):
    return [
        shutil.which("curl"), "--silent", "--fail", "--http1.1", "--cacert", server.ca_file, "--output", "/dev/null",
        "--header", f"X-API-Key: {API_KEY}", f"https://localhost:{server.port}/v1/sessions/{SESSION}",
    ]


def timed(settings, commands):
    with tempfile.NamedTemporaryFile(suffix=".json") as output:
        lines = [shlex.join(map(str, each)) for each in commands.values()]
        runs = 10 if settings.quick else 200
        finish(
            ["hyperfine", "--shell=none", "--warmup", 5, "--runs", runs, "--export-json", output.name, *lines],
            CLIENT_CORE,
        )
        rows = json.load(output)["results"]
    return {
        name: {
            "wall_ms": figure([seconds * 1e3 for seconds in row["times"]]),
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
        [name, spread(row["wall_ms"]), f"{row['cpu_ms']:.1f}", f"{row['kib']:.0f}"] for name, row in result.items()
    ]
    table(["client", "ms in all", "ms of CPU, mean", "KiB of program, stripped"], rows)
