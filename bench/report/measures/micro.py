"""Single steps inside the library, measured by Google Benchmark."""

import json

from processes import CLIENT_CORE, finish
from tables import heading, progress, table


def run(settings, _server):
    progress("micro")
    seconds = 0.01 if settings.quick else 0.3
    result = {
        version: steps(settings, settings.program("micro", version), seconds)
        for version in settings.versions
        if settings.program("micro", version).exists()
    }
    show(result)
    return result


def steps(settings, program, seconds):
    with settings.quiet_machine():
        output = finish([program, "--benchmark_format=json", f"--benchmark_min_time={seconds}"], CLIENT_CORE).stdout
    return {row["name"]: row["cpu_time"] for row in json.loads(output)["benchmarks"]}


def show(result):
    heading("micro: ns of CPU for single steps inside the library")
    names = [name for name in result["sipher"] if all(name in steps_of for steps_of in result.values())]
    table(["step", *result], [[name, *(f"{steps_of[name]:.1f}" for steps_of in result.values())] for name in names])
