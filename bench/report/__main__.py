"""Runs the measures and prints what they show; `bench/run` calls it."""

import argparse
import json
import signal
import sys
from importlib import import_module
from pathlib import Path

import machine
import plots
import processes
import targets
from server import serving
from settings import settings_of
from tables import progress


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/report")
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--plots", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--window", type=float)
    parser.add_argument("--connections")
    parser.add_argument("--lock", type=Path)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--real-time", action="store_true")
    parser.add_argument("measures", nargs="+")
    return parser.parse_args()


def serve():
    with serving() as server:
        ports = f"port {server.port}, without resumption {server.full_handshake_port}"
        print(f"{ports}, authority {server.ca_file}", flush=True)
        signal.pause()


def measure(settings, names):
    """The results by name, and the names of those that failed."""
    results, failed = {}, []
    for name in names:
        module = import_module(f"measures.{name}")
        processes.Priority.real_time(settings.real_time and getattr(module, "REAL_TIME", True))
        try:
            with settings.quiet_machine(), serving() as server:
                results[name] = module.run(settings, server)
        except (processes.Failure, OSError) as failure:
            progress(f"{name} FAILED: {failure}")
            failed.append(name)
    return results, failed


def write_json(file, description, results):
    whole = {"measured_with": description, "results": results, "targets": targets.as_json(results)}
    file.write_text(json.dumps(whole, indent=2, default=lambda figure: figure.as_json()) + "\n")
    progress(f"figures: {file}")


def main():
    arguments = parse_arguments()
    settings = settings_of(arguments)
    processes.allow_many_files()
    if not processes.several_cores():
        progress("this machine has one core: server and client share it, and the figures are worth less")
    if arguments.serve:
        serve()
    other_work = machine.OtherWork()
    # Before it: the commit may be another one afterwards.
    description = machine.describe(settings)
    results, failed = measure(settings, arguments.measures)
    description["other work"] = f"{other_work.share():.0%} of the machine's time went to other programs"
    machine.show(description)
    targets.show(results)
    if arguments.json:
        write_json(arguments.json, description, results)
    plots.draw(results, arguments.json.parent if arguments.json else arguments.plots)
    if failed:
        raise processes.Failure(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (processes.Failure, OSError) as failure:
        sys.exit(f"bench/run: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
