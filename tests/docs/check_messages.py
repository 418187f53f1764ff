#!/usr/bin/env python3
"""The messages that docs/troubleshooting.md explains are those that users get.

usage: check_messages.py PROJECT
Each line printed is one that neither the sources have nor the newcomer met; the exit code is 1 if there is any.
"""

import pathlib
import re
import sys

# The first cell of a table's row.
MESSAGE = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def unknown_messages(project):
    page = (project / "docs/troubleshooting.md").read_text(encoding="utf-8")
    real = (project / "tests/first_day/mistakes.golden").read_text(encoding="utf-8")
    for source in sorted(project.glob("src/**/*.cpp")):
        real += source.read_text(encoding="utf-8")
    messages = MESSAGE.findall(page)
    if not messages:
        yield "there are no messages"
    for message in messages:
        if message not in real:
            yield message


if __name__ == "__main__":
    unknown = list(unknown_messages(pathlib.Path(sys.argv[1])))
    print("\n".join(unknown))
    sys.exit(1 if unknown else 0)
