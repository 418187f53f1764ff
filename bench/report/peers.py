"""The clients that are compared, and how each is started."""

import shutil
from collections import namedtuple

from server import SESSION

API_KEY = "sip_pro_0123456789abcdef0123456789abcdef"
# How a picture shows a peer.
Look = namedtuple("Look", "title colour")
PEERS = {
    "sipher": Look("sipher", "#0060ad"),
    "before": Look("sipher before", "#9ecae1"),
    "floor": Look("OpenSSL and epoll", "#7e2f8e"),
    "textbook": Look("textbook Beast", "#d95319"),
    "curl_multi": Look("libcurl multi", "#77ac30"),
    "wrk": Look("wrk", "#7f7f7f"),
}
# These know only how to get.
ONLY_GET = ("wrk",)


def is_available(settings, name):
    if name == "wrk":
        return shutil.which("wrk") is not None
    if name == "before":
        return name in settings.versions
    return settings.program(name).exists()


def available(settings, *names):
    """Those of the peers that could be built or are installed."""
    return [name for name in names or PEERS if is_available(settings, name)]


def command(settings, server, name, connections, *options, port=None, version="sipher"):
    if name == "wrk":
        return wrk_command(server, connections)
    program = settings.program("sipher", name) if name == "before" else settings.program(name, version)
    return [
        program, "--port", port or server.port, "--ca", server.ca_file, "--connections", connections, *options,
    ]


def s_time_command(server, port, resumes):
    """OpenSSL's own: handshakes and HTTP/1.0."""
    return [
        "openssl", "s_time", "-connect", f"localhost:{port}", "-CAfile", server.ca_file, "-verify", 2, "-time", 3600,
        "-reuse" if resumes else "-new", "-www", f"/v1/sessions/{SESSION}",
    ]


def wrk_command(server, connections):
    return [
        "wrk", "--threads", 1, "--connections", connections, "--duration", "3600s",
        "--header", f"X-API-Key: {API_KEY}", "--header", "Accept: application/json",
        f"https://localhost:{server.port}/v1/sessions/{SESSION}",
    ]
