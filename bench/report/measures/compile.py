"""Processor seconds to compile a user's file, with the library and as written by hand."""

import os
import resource

from figures import figure, paired_ratio
from processes import CLIENT_CORE, finish
from tables import heading, progress, spread, table

# A compilation is long enough not to need it, and everything else would stand still.
REAL_TIME = False


def run(settings, _server):
    files = {version: (source_tree(settings, version), "sipher_user.cpp") for version in settings.versions}
    files["textbook"] = (source_tree(settings, "sipher"), "textbook_user.cpp")
    taken = {name: [] for name in files}
    for turn in range(1 if settings.quick else min(settings.rounds, 3)):
        progress(f"compile: round {turn + 1}")
        for name, file in files.items():
            taken[name].append(seconds(*file))
    result = {
        "seconds": {name: figure(values) for name, values in taken.items()},
        "ratio": {name: paired_ratio(taken["sipher"], values) for name, values in taken.items()},
    }
    show(result)
    return result


def source_tree(settings, version):
    """Its folder build/bench/bench has the programs."""
    return settings.program("sipher", version).parents[3]


def seconds(tree, file):
    compiler = os.environ.get("CXX", "g++")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    source = tree / "bench" / "compile" / file
    finish([compiler, "-std=c++20", "-O2", f"-I{tree / 'include'}", "-c", source, "-o", "/dev/null"], CLIENT_CORE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def show(result):
    heading("compile: CPU seconds for a user's file with the four operations (-O2)")
    rows = [[name, spread(value, 2), spread(result["ratio"][name], 2)] for name, value in result["seconds"].items()]
    table(["written with", "seconds", "sipher / this"], rows)
