"""Plain text: tables on the standard output, progress beside it."""

import sys
import time

started = time.monotonic()


def progress(text):
    print(f"[{time.monotonic() - started:6.1f} s] {text}", file=sys.stderr, flush=True)


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def table(head, rows):
    """Columns as wide as their widest cell; the first to the left, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        first = row[0].ljust(widths[0])
        print("  ".join([first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip())
    sys.stdout.flush()


def spread(value, digits=1):
    return f"{value.middle:.{digits}f} ({value.least:.{digits}f}–{value.most:.{digits}f})"
