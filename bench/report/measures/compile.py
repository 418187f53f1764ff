"""Processor seconds to compile a user's file, with the library and as written by hand."""

import os
import resource
from pathlib import Path

from figures import figure, paired_ratio
from processes import CLIENT_CORE, finish
from tables import heading, progress, spread, table

# A compilation is long enough not to need it, and everything else would stand still.
REAL_TIME = False
SOURCES = Path(__file__).resolve().parents[2] / "compile"


def run(settings, _server):
    # A user's file, and where it finds the library.
    files = {version: (SOURCES / "sipher_user.cpp", include_folder(settings, version)) for version in settings.versions}
    files["textbook"] = (SOURCES / "textbook_user.cpp", include_folder(settings, "sipher"))
    taken = {name: [] for name in files}
    for turn in range(1 if settings.quick else min(settings.rounds, 3)):
        progress(f"compile: round {turn + 1}")
        for name, file in files.items():
            with settings.quiet_machine():
                taken[name].append(seconds(*file))
    result = {
        "seconds": {name: figure(values) for name, values in taken.items()},
        "ratio": paired_ratio(taken["sipher"], taken["textbook"]),
    }
    show(result)
    return result


def include_folder(settings, version):
    """Beside the folder build/bench/bench with the programs."""
    return settings.program("sipher", version).parents[3] / "include"


def seconds(source, include):
    compiler = os.environ.get("CXX", "g++")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    finish([compiler, "-std=c++20", "-O2", f"-I{include}", "-c", source, "-o", "/dev/null"], CLIENT_CORE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def show(result):
    heading("compile: CPU seconds for a user's file with the four operations (-O2)")
    rows = [[name, spread(value, 2)] for name, value in result["seconds"].items()]
    table(["written with", "seconds"], rows)
    print(f"sipher / textbook: {spread(result['ratio'], 2)}")
