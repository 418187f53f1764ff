"""What a second thread brings, and more: E(N) = throughput of N threads / (N × that of one)."""

import os

from figures import figure
from processes import ALL_CORES, finish
from tables import heading, spread, table

FORMS = {
    "client-per-context": "a client and a context for each thread",
    "one-context": "one client, one context with all threads",
    "one-client": "one client, a context for each thread",
}


def run(settings, _server):
    most = len(os.sched_getaffinity(0))
    numbers = sorted({1, 2, most})
    rates = {(form, threads): [] for form in FORMS for threads in numbers}
    sleeps = {key: [] for key in rates}
    for _ in range(settings.rounds):
        for form, threads in rates:
            printed = finish([settings.program("cores"), form, threads, settings.window_seconds], ALL_CORES).stdout.split()
            rates[form, threads].append(float(printed[0]))
            sleeps[form, threads].append(float(printed[1]))
    rows = {
        form: {
            threads: {
                "per_second": figure(rates[form, threads]),
                "efficiency": figure(
                    [many / (threads * one) for many, one in zip(rates[form, threads], rates[form, 1], strict=True)]
                ),
                "sleeps": figure(sleeps[form, threads]),
            }
            for threads in numbers
        }
        for form in FORMS
    }
    show(rows)
    return {"forms": rows}


def show(forms):
    heading("cores: get_session with the server in the same process, no kernel in between")
    rows = [
        [FORMS[form], threads, spread(row["per_second"], 0), spread(row["efficiency"], 2), spread(row["sleeps"], 2)]
        for form, by_threads in forms.items()
        for threads, row in by_threads.items()
    ]
    table(["form", "threads", "calls/s", "E", "sleeps of a thread per 1000 calls"], rows)
