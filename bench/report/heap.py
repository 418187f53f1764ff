"""What a client asks of the heap and holds of it: `count_allocations.so` in the client counts, and is read here."""

import mmap
import struct
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass

LAYOUT = struct.Struct("=QQq")


@dataclass
class Counts:
    allocations: int
    by_openssl: int
    bytes_held: int


class Heap:
    def __init__(self, file, shared, library):
        self.environment = ["env", f"LD_PRELOAD={library}", f"BENCH_ALLOCATIONS_FILE={file.name}"]
        self._shared = shared

    def counts(self):
        return Counts(*LAYOUT.unpack(self._shared[: LAYOUT.size]))


@contextmanager
def counted_heap(settings):
    """Commands that begin with its `environment` are counted."""
    with tempfile.NamedTemporaryFile(prefix="sipher-bench-") as file:
        file.truncate(LAYOUT.size)
        with mmap.mmap(file.fileno(), LAYOUT.size) as shared:
            yield Heap(file, shared, settings.program("count_allocations.so"))
