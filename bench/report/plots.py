"""Pictures of the figures, drawn by gnuplot."""

import shutil
import subprocess

from peers import PEERS
from processes import Failure
from tables import progress

STYLE = """\
set terminal svg size 860,480 font "Helvetica,14" background "white" noenhanced
set grid lc rgb "#dddddd"
set border 3
set tics nomirror
set key outside right top
"""


def draw(results, folder):
    """One file for each measure that has a picture and was measured."""
    if shutil.which("gnuplot") is None:
        progress("no plots: gnuplot is not installed")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for measure, name, script_of in (
        ("throughput", "cost", cost), ("latency", "latency", latency), ("memory", "memory", memory)
    ):
        if measure in results:
            file = folder / f"{name}.svg"
            run(f"{STYLE}set output '{file}'\n{script_of(results[measure])}")
            progress(f"plot: {file}")


def run(script):
    done = subprocess.run(["gnuplot"], input=script, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"gnuplot failed: {done.stderr.strip()}")


def block(name, rows):
    lines = "\n".join(" ".join(str(cell) for cell in row) for row in rows)
    return f"${name} << END\n{lines}\nEND\n"


def cost(result):
    """Processor time of a call over the number of connections."""
    script = ""
    curves = []
    for name, peer in PEERS.items():
        rows = [
            (connections, row[name]["cpu_us"].middle, row[name]["cpu_us"].least, row[name]["cpu_us"].most)
            for connections, row in result["connections"].items()
            if name in row
        ]
        if rows:
            script += block(name, rows)
            look = f"lc rgb '{peer.colour}' lw 2 pt 7 ps 0.6"
            curves.append(f"${name} using 1:2:3:4 with yerrorlines {look} title '{peer.title}'")
    ticks = ", ".join(str(connections) for connections in result["connections"])
    return script + (
        "set title 'Client CPU per get_session over TLS 1.3 (median; bars: least and most)'\n"
        "set xlabel 'connections'\nset ylabel 'µs of CPU per call'\n"
        f"set logscale x 2\nset xtics ({ticks})\nset logscale y 2\nset offsets graph 0.05, graph 0.05, 0, 0\n"
        f"plot {', '.join(curves)}\n"
    )


def latency(result):
    """Percentiles at each load."""
    script = ""
    curves = []
    for dash, (load, row) in zip((3, 2, 1), result["loads"].items()):
        for name in ("sipher", "textbook"):
            data = f"{name}_{load}"
            script += block(data, [(f'"{key}"', of[name].middle) for key, of in row["microseconds"].items()])
            look = f"lc rgb '{PEERS[name].colour}' dt {dash} lw 2 pt 7 ps 0.6"
            curves.append(f"${data} using 0:2:xtic(1) with linespoints {look} title '{PEERS[name].title}, {load} %'")
    return script + (
        "set title 'Latency of get_session from when it was due, 64 connections, by load (% of capacity)'\n"
        "set xlabel 'percentile'\nset ylabel 'µs'\nset logscale y\nset format y '%.0f'\nset xrange [-0.2:3.2]\n"
        f"plot {', '.join(curves)}\n"
    )


def memory(result):
    """Beside each other: connections and calls, which are of different size."""
    idle = [(f'"{PEERS[name].title}"', row["resident"], row["heap"]) for name, row in result["idle"].items()]
    parked = [(f'"{calls}"', row["resident"], row["heap"]) for calls, row in result["parked"]["sipher"].items()]
    bars = "using 2:xtic(1) lc rgb '#0060ad' title 'resident', '' using 3 lc rgb '#9ecae1' title 'on the heap'"
    return (
        block("idle", idle) + block("parked", parked)
        + "set style data histograms\nset style fill solid 0.9\nset boxwidth 0.85\nset yrange [0:*]\n"
        "set key outside bottom center horizontal\nset bmargin 6\nset grid noxtics\nset ylabel 'KiB'\nset xtics scale 0\n"
        "set multiplot layout 1,2\n"
        f"set title 'One idle TLS connection (of {result['idle_connections']})'\n"
        f"set xlabel 'client'\nplot $idle {bars}\n"
        "set title 'One waiting get_session of sipher'\n"
        f"set xlabel 'calls at a time, on 64 connections'\nplot $parked {bars}\n"
        "unset multiplot\n"
    )
