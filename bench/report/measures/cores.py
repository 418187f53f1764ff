"""What a second thread brings, and more: E(N) = throughput of N threads / (N × that of one)."""

import os
from collections import namedtuple
from itertools import product

from figures import figure, paired_ratio
from processes import ALL_CORES, finish
from tables import heading, progress, spread, table

FORMS = {
    "client-per-context": "a client and a context for each thread",
    "one-context": "one client, one context with all threads",
    "one-client": "one client, a context for each thread",
}
# The last three are counted in 1000 calls.
Sample = namedtuple("Sample", "per_second sleeps contended moved")


def run(settings, _server):
    most = len(os.sched_getaffinity(0))
    numbers = sorted({1, 2, most})
    versions = settings.versions_with("cores")
    samples = {kind: [] for kind in product(versions, FORMS, numbers)}
    for turn in range(settings.rounds):
        progress(f"cores: round {turn + 1} of {settings.rounds}")
        for version, form, threads in samples:
            program = [settings.program("cores", version), form, threads, settings.window_seconds]
            printed = finish(program, ALL_CORES).stdout.split()
            samples[version, form, threads].append(Sample(*map(float, printed)))
    result = {
        version: {form: {threads: row(samples, version, form, threads) for threads in numbers} for form in FORMS}
        for version in versions
    }
    show(result)
    return result


def row(samples, version, form, threads):
    rates, alone, own = (
        [sample.per_second for sample in samples[kind]]
        for kind in ((version, form, threads), (version, form, 1), ("sipher", form, threads))
    )
    return {
        "per_second": figure(rates),
        "efficiency": figure([many / (threads * one) for many, one in zip(rates, alone, strict=True)]),
        "ratio": paired_ratio(own, rates),
        **{
            what: figure([getattr(sample, what) for sample in samples[version, form, threads]])
            for what in ("sleeps", "contended", "moved")
        },
    }


def show(result):
    heading("cores: get_session with the server in the same process, no kernel in between")
    rows = [
        [FORMS[form], version, threads, spread(row["per_second"], 0), f"{row['ratio'].middle:.2f}",
         spread(row["efficiency"], 2), *(f"{row[what].middle:.1f}" for what in ("sleeps", "contended", "moved"))]
        for version, forms in result.items()
        for form, by_threads in forms.items()
        for threads, row in by_threads.items()
    ]
    table(["form", "client", "threads", "calls/s", "sipher / this", "E", "sleeps", "locks found taken",
           "calls that changed thread"], rows)
    print("The last three are counted in 1000 calls; locks are the mutexes of the library and of Asio.")
