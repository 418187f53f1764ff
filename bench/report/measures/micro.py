"""Single steps inside the library, measured by Google Benchmark."""

import json

from figures import figure
from processes import CLIENT_CORE, finish
from tables import heading, progress, spread, table


def run(settings, _server):
    seconds = 0.01 if settings.quick else 0.3
    versions = settings.versions_with("micro")
    taken = {version: [] for version in versions}
    for turn in range(1 if settings.quick else min(settings.rounds, 3)):
        progress(f"micro: round {turn + 1}")
        for version in versions:
            taken[version].append(steps(settings.program("micro", version), seconds))
    result = {
        version: {name: figure([each[name] for each in rounds]) for name in rounds[0]}
        for version, rounds in taken.items()
    }
    show(result)
    return result


def steps(program, seconds):
    output = finish([program, "--benchmark_format=json", f"--benchmark_min_time={seconds}"], CLIENT_CORE).stdout
    return {row["name"]: row["cpu_time"] for row in json.loads(output)["benchmarks"]}


def show(result):
    heading("micro: ns of CPU for single steps inside the library")
    rows = [
        [version, name, spread(figures), f"{result['sipher'][name].middle / figures.middle:.2f}"]
        for version, by_name in result.items()
        for name, figures in by_name.items()
        if name in result["sipher"]
    ]
    table(["client", "step", "ns", "sipher / this"], rows)
