"""Child processes that end with this one, each on the core meant for it."""

import os
import resource
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

SERVER_CORE = 0
CLIENT_CORE = 1
ALL_CORES = None
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


class Failure(Exception):
    """Ends the run; reported in one line."""


def several_cores():
    return len(os.sched_getaffinity(0)) > 1


def allow_many_files():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Priority:
    """Of all children from now on. Real-time priority keeps other work on the machine out of the figures."""

    command = ()

    @classmethod
    def real_time(cls, wanted):
        cls.command = ("chrt", "--rr", "10") if wanted else ()


def pinned(command, core):
    """The command on one core, killed by the system when this process ends, however it does."""
    wrapped = [*Priority.command, "setpriv", "--pdeathsig", "KILL", *map(str, command)]
    if core is ALL_CORES or not several_cores():
        return wrapped
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "--cpu-list", str(cores[core % len(cores)]), *wrapped]


@contextmanager
def running(command, core, **options):
    """A child for as long as the block lasts."""
    options.setdefault("stdout", subprocess.DEVNULL)
    child = subprocess.Popen(
        pinned(command, core), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options
    )
    try:
        yield child
    finally:
        stop(child)


def stop(child):
    if child.poll() is None:
        child.send_signal(signal.SIGKILL)
    child.communicate()


def finish(command, core, timeout=300):
    """Runs the command to its end and returns what it printed."""
    try:
        done = subprocess.run(
            pinned(command, core), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"{command[0]} did not end within {timeout} s") from None
    if done.returncode != 0:
        raise Failure(f"{command[0]} failed: {done.stderr.strip()[-2000:]}")
    return done


def require_alive(child):
    if child.poll() is not None:
        problem = child.stderr.read().strip()[-2000:]
        raise Failure(problem or f"ended too early, with code {child.returncode}: {' '.join(child.args)}")


def cpu_seconds(pid):
    """What the process has used of the processor, in user and in system mode, as the scheduler counted it."""
    nanoseconds = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            nanoseconds += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            return cpu_seconds_by_ticks(pid)
    return nanoseconds / 1e9


def cpu_seconds_by_ticks(pid):
    """Coarser, for a system whose scheduler tells nothing."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def resident_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_SIZE


def wait_until(condition, what, timeout=30.0, child=None):
    end = time.monotonic() + timeout
    while not condition():
        if child is not None:
            require_alive(child)
        if time.monotonic() > end:
            raise Failure(f"{what} took more than {timeout:.0f} s")
        time.sleep(0.02)
