"""Where and with what it was measured, and what else the machine had to do meanwhile."""

import datetime
import json
import os
import platform
import re
import resource
import subprocess
from pathlib import Path

from processes import TICKS_PER_SECOND, several_cores
from server import nginx_program
from tables import heading


def first_line_of(*command):
    """What the program says of its version, wherever it says it; wrk even fails while it does."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        return "not installed"
    return (done.stdout or done.stderr).strip().splitlines()[0]


def processor():
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def commit():
    line = first_line_of("git", "-C", str(Path(__file__).resolve().parent), "describe", "--always", "--dirty")
    return "unknown" if line.startswith("fatal") else line


def options_of(settings):
    kind = "--quick, whose figures mean nothing: " if settings.quick else ""
    priority = ", real-time priority" if settings.real_time else ""
    return f"{kind}{settings.rounds} rounds, each client watched for {settings.window_seconds} s{priority}"


def describe(settings):
    built = json.loads((settings.programs / "versions.json").read_text())
    # Its build is in a folder with the commit's name.
    before = {"before": f"commit {settings.before.parents[2].name[:12]}"} if settings.before else {}
    cores = f"{os.cpu_count()} cores"
    return {
        "date": datetime.date.today().isoformat(),
        "sipher": f"{built.pop('sipher')}, commit {commit()}",
        **before,
        "machine": f"{processor()}, {cores}" + ("" if several_cores() else ": server and client share one"),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        **built,
        "nginx": first_line_of(nginx_program(), "-v").removeprefix("nginx version: "),
        "wrk": first_line_of("wrk", "-v").split(" Copyright")[0],
        "run": options_of(settings),
    }


def show(description):
    heading("measured with")
    width = max(map(len, description))
    print("\n".join(f"{key.ljust(width)}  {value}" for key, value in description.items()), flush=True)


class OtherWork:
    """The share of the machine that other programs took since this was made."""

    def __init__(self):
        self._before = self._look()

    @staticmethod
    def _look():
        user, nice, system, idle, waiting, interrupts, soft, *_ = map(
            int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
        )
        busy = user + nice + system + interrupts + soft
        own = sum(
            usage.ru_utime + usage.ru_stime
            for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )
        return busy / TICKS_PER_SECOND - own, (busy + idle + waiting) / TICKS_PER_SECOND

    def share(self):
        others, total = (after - before for after, before in zip(self._look(), self._before))
        return max(0.0, others / total) if total > 0 else 0.0
