"""nginx as the fixed-reply server, out of a temporary folder and with a certificate of its own."""

import http.client
import re
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import SERVER_CORE, Failure, running, wait_until

SOURCES = Path(__file__).resolve().parent.parent / "server"
# How many seconds pass in one for the clients of servers that close idle connections after these seconds.
SPEED = 20
KEEPING_SECONDS = (5, 75, 400)
SESSION = "sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"


@dataclass
class Server:
    """Where it listens, and what it has counted."""

    port: int
    full_handshake_port: int
    status_port: int
    # By the seconds after which each closes an idle connection.
    keeping_ports: dict
    folder: Path
    asked: int = 0

    @property
    def ca_file(self):
        return self.folder / "ca.pem"

    def log(self, port):
        """(method, whether the handshake was a resumed one) of what that port has served and written down."""
        whole_lines, _, _ = (self.folder / "requests.log").read_text().rpartition("\n")
        rows = [line.split() for line in whole_lines.splitlines()]
        return [(method, resumed == "r") for its_port, method, resumed in rows if int(its_port) == port]

    def status(self):
        """(connections open, requests so far), without those made to ask for it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.status_port, timeout=10)
        connection.request("GET", "/status")
        text = connection.getresponse().read().decode()
        connection.close()
        self.asked += 1
        active = int(re.search(r"Active connections: (\d+)", text).group(1))
        requests = int(re.search(r"^ \d+ \d+ (\d+)", text, re.MULTILINE).group(1))
        return active - 1, requests - self.asked

    def requests(self):
        return self.status()[1]

    def wait_until_idle(self):
        wait_until(lambda: self.status()[0] == 0, "closing the connections of the client before")


def nginx_program():
    """It is in the path of root only."""
    return shutil.which("nginx") or "/usr/sbin/nginx"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def has_ipv6():
    """Clients may try ::1 first, whatever the system says that localhost is."""
    try:
        with socket.socket(socket.AF_INET6) as each:
            each.bind(("::1", 0))
    except OSError:
        return False
    return True


def listen(port):
    addresses = ["127.0.0.1"] + (["[::1]"] if has_ipv6() else [])
    return " ".join(f"listen {address}:{port} ssl backlog=8192;" for address in addresses)


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Failure(f"openssl {arguments[0]} failed: {done.stderr.strip()}")


def make_certificates(folder):
    """An authority, and a certificate of it with a P-256 key, as most public services have."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=bench")
    openssl(folder, "req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-copy_extensions", "copy", "-days", "30", "-out", "server.pem")


def write_configuration(server):
    folder = server.folder
    keeping = (SOURCES / "keeping.conf").read_text()
    words = {
        "KEEPING_SERVERS": "".join(
            filled_in(keeping, {"LISTEN": listen(port), "KEPT": f"{seconds * 1000 // SPEED}ms"})
            for seconds, port in server.keeping_ports.items()
        ),
        "FOLDER": str(folder), "SESSION": SESSION, "STATUS_PORT": str(server.status_port),
        "LISTEN_RESUMING": listen(server.port), "LISTEN_FULL": listen(server.full_handshake_port),
    }
    for name in ("nginx.conf", "locations.conf"):
        (folder / name).write_text(filled_in((SOURCES / name).read_text(), words))


def filled_in(text, words):
    """In their order: a value may have later words in it."""
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def responds(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


@contextmanager
def serving():
    """A server for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="sipher-bench-") as name:
        folder = Path(name)
        make_certificates(folder)
        port, full_handshake_port, status_port, *keeping_ports = free_ports(3 + len(KEEPING_SECONDS))
        keeping = dict(zip(KEEPING_SECONDS, keeping_ports, strict=True))
        server = Server(port, full_handshake_port, status_port, keeping, folder)
        write_configuration(server)
        command = [nginx_program(), "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
        with running(command, SERVER_CORE) as child:
            wait_until(lambda: responds(server.status_port), "starting nginx", child=child)
            yield server
