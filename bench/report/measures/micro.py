"""Single steps inside the library, measured by Google Benchmark."""

import json

from processes import CLIENT_CORE, finish
from tables import heading, progress, table


def run(settings, _server):
    progress("micro")
    seconds = 0.01 if settings.quick else 0.3
    command = [settings.program("micro"), "--benchmark_format=json", f"--benchmark_min_time={seconds}"]
    with settings.quiet_machine():
        report = json.loads(finish(command, CLIENT_CORE).stdout)
    result = {row["name"]: row["cpu_time"] for row in report["benchmarks"]}
    heading("micro: ns of CPU for single steps inside the library")
    table(["step", "ns"], [[name, f"{nanoseconds:.1f}"] for name, nanoseconds in result.items()])
    return result
