"""What is to be reached, and what was."""

from dataclasses import dataclass
from typing import Callable

from measures.sparse import FIXED
from tables import heading, table


@dataclass
class Target:
    measure: str
    what: str
    limit: float
    # Of the results of `measure`; nothing where this run did not measure it.
    reached: Callable
    unit: str = ""
    at_least: bool = False

    @property
    def bound(self):
        return f"{'≥' if self.at_least else '≤'} {self.limit:g} {self.unit}".strip()

    def is_met_by(self, figure):
        return figure >= self.limit if self.at_least else figure <= self.limit


def ratio_to(client, connections):
    def get(result):
        row = result["connections"].get(connections, {}).get(client)
        return row and row["ratio"].middle

    return get


def dearest(client):
    """At whatever number of connections it is."""

    def get(result):
        rows = [row[client] for row in result["connections"].values() if client in row]
        return max((row["ratio"].middle for row in rows), default=None)

    return get


def growth(result):
    figure = result["growth"].get("sipher")
    return figure and figure.middle


def efficiency(form):
    return lambda result: result["sipher"][form][2]["efficiency"].middle


def new_connection(handshake, client):
    def get(result):
        row = result[handshake]["clients"].get(client)
        return row and row["ratio"].middle

    return get


def least_reuse(result):
    return min(100 * rows["sipher"]["reuse"] for rows in result["servers"].values())


def sparse_failures(result):
    return sum(rows["sipher"]["failed"] for rows in result["servers"].values())


def dearest_sparse(result):
    return max(rows[FIXED]["ratio"].middle for rows in result["servers"].values())


def p99_at_half_load(result):
    return result["loads"][50]["ratio"]["p99"]["textbook"].middle


def largest(rows):
    """Resident or allocated: whichever is more."""
    return max(value for row in rows for value in row.values())


TARGETS = (
    Target("throughput", "CPU per get_session / textbook, 64 connections", 0.72, ratio_to("textbook", 64)),
    Target("throughput", "CPU per get_session / libcurl multi, 64 connections", 0.40, ratio_to("curl_multi", 64)),
    Target("throughput", "CPU per get_session / wrk, 64 connections", 1.20, ratio_to("wrk", 64)),
    Target("throughput", "CPU per get_session / wrk, any connections", 1.05, dearest("wrk")),
    Target("throughput", "CPU per get_session / floor, 64 connections", 1.10, ratio_to("floor", 64)),
    Target("instructions", "instructions per call / textbook, 64 connections", 0.65, lambda result: result["ratio"]),
    Target("throughput", "CPU per get_session / textbook, 1 connection", 0.85, ratio_to("textbook", 1)),
    Target("throughput", "CPU per get_session, 1024 connections / 64", 1.3, growth),
    Target("sparse", "reuse in sparse traffic, but for margin and max_lifetime", 99, least_reuse, "%", at_least=True),
    Target("sparse", "failed calls of sparse traffic", 0, sparse_failures),
    Target("sparse", "creates repeated in sparse traffic", 0, lambda result: result["creates_repeated"]),
    Target("sparse", "CPU per call of sparse traffic / closed after 4 s", 1.0, dearest_sparse),
    Target("parked", "CPU per get_session, 100 000 calls at a time / 64", 1.3, lambda result: result["ratio"].middle),
    Target("latency", "p99 at 50 % load / textbook", 1.0, p99_at_half_load),
    Target("allocations", "heap allocations per warm get_session", 4, lambda result: result["sipher"]["allocations"]),
    Target("memory", "memory per idle connection", 60, lambda result: largest([result["idle"]["sipher"]]), "KiB"),
    Target("memory", "memory per parked call", 4, lambda result: largest(result["parked"]["sipher"].values()), "KiB"),
    Target("sessions", "memory per live session", 2, lambda result: result["sipher"]["kib_each"], "KiB"),
    Target("start", "process with one get_session / curl", 1.0, lambda result: result["curl"]["ratio"].middle),
    Target("connect", "CPU of a new connection / libcurl, full handshake", 0.85, new_connection("full", "curl_multi")),
    Target("connect", "CPU of a new connection / libcurl, resumed", 0.65, new_connection("resumed", "curl_multi")),
    Target("connect", "CPU of a new connection / floor, resumed", 1.3, new_connection("resumed", "floor")),
    Target("connect", "CPU of a resumed / a full handshake", 0.6, lambda result: result["ratio"].middle),
    Target("cores", "E(2) of a client per context", 0.90, efficiency("client-per-context"), at_least=True),
    Target("cores", "E(2) of one client on one context", 0.80, efficiency("one-context"), at_least=True),
    Target("cores", "E(2) of one client for two contexts", 0.80, efficiency("one-client"), at_least=True),
    Target("compile", "compile time / textbook", 0.33, lambda result: result["ratio"]["textbook"].middle),
)


def compare(results):
    """Each target with what this run reached: a number, or nothing."""
    return [(each, each.reached(results[each.measure]) if each.measure in results else None) for each in TARGETS]


def verdict(target, reached):
    if reached is None:
        return "not measured"
    return "reached" if target.is_met_by(reached) else "MISSED"


def show(results):
    heading("targets")
    rows = []
    for target, reached in compare(results):
        figure = "" if reached is None else f"{reached:.2f} {target.unit}".strip()
        rows.append([target.what, target.bound, figure, verdict(target, reached)])
    table(["measure", "target", "reached", ""], rows)


def as_json(results):
    return [
        {"what": target.what, "bound": target.bound, "reached": reached, "verdict": verdict(target, reached)}
        for target, reached in compare(results)
    ]
