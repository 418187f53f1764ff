#!/usr/bin/env python3
"""Rules of this project that no compiler checks.

Each line printed names a place and the rule that it breaks; the exit code is 1 if there is any.
"""

import pathlib
import re
import sys

FOLDERS = ("include", "src", "tests", "examples", "bench")
SUFFIXES = {".hpp", ".cpp"}
LINES_ALLOWED = {"include": 250}
MEMBERS_ALLOWED = 20
LINE_LENGTH = 120

# The floors of the library, the lowest first. A file includes its own floor and those below it.
FLOORS = (
    ("base", "model", "options", "errors"),
    ("runtime",),
    ("net", "tls", "proxy", "http1"),
    ("pool", "retry", "ratelimit"),
    ("call",),
    ("session", "client"),
    ("observability",),
)
INCLUDE = re.compile(r'^#include "([a-z_0-9]+)/', re.MULTILINE)

LITERALS_AND_COMMENTS = re.compile(
    r'R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'"
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
CONDITION = re.compile(r"\b(?:if(?:\s+constexpr)?|while|switch)\s*\(")
SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
CLASS = re.compile(r"\b(?:class|struct)\s+(?:[A-Z_]+\s+)?(\w+)[^;{}()]*\{")
MEMBER = re.compile(r"^[^()\n]*\b\w+_(?:\s*=[^;\n]*|\{[^;\n]*)?;", re.MULTILINE)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
AWAIT = re.compile(r"\bco_await\b")


def blank(text):
    """`text` as spaces, with its line breaks: places stay what they were."""
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """The source without comments and the content of literals."""
    return LITERALS_AND_COMMENTS.sub(lambda match: blank(match.group()), text)


def closing(code, opening):
    """Where the parenthesis at `opening` is closed."""
    depth = 0
    for place in range(opening, len(code)):
        if code[place] in "([{":
            depth += 1
        elif code[place] in ")]}":
            depth -= 1
            if depth == 0:
                return place
    return len(code)


def condition_parts(content):
    """The places of `content` that are the condition itself: `if (auto v = co_await f(); v)` is sound."""
    depth = 0
    start = 0
    for place, character in enumerate(content):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == ";" and depth == 0:
            start = place + 1
    return start


def awaits_in_conditions(code):
    for match in CONDITION.finditer(code):
        opening = match.end() - 1
        content = code[opening + 1 : closing(code, opening)]
        start = condition_parts(content)
        for found in AWAIT.finditer(content, start):
            yield opening + 1 + found.start(), "co_await in a condition: GCC 12 miscompiles it; name the value first"


def awaits_in_choices(code):
    """`?:` with a co_await anywhere in its statement."""
    for match in re.finditer(r"[^;{}]*\?[^;{}]*", code):
        found = AWAIT.search(match.group())
        if found:
            yield match.start() + found.start(), "co_await together with ?: in one statement; name the value first"


def outermost(body):
    """What of a class's body is not in braces of its own."""
    depth = 0
    kept = []
    for character in body:
        depth -= character == "}"
        kept.append(character if depth == 0 or character == "\n" else " ")
        depth += character == "{"
    return "".join(kept)


def large_classes(code):
    for match in CLASS.finditer(code):
        body = code[match.end() : closing(code, match.end() - 1)]
        members = len(MEMBER.findall(outermost(body)))
        if members > MEMBERS_ALLOWED:
            yield match.start(), f"{match.group(1)} has {members} data members; {MEMBERS_ALLOWED} are allowed"


def includes_upwards(path, text):
    heights = {name: height for height, names in enumerate(FLOORS) for name in names}
    if path.parts[0] != "src" or path.parts[1] not in heights:
        return
    for match in INCLUDE.finditer(text):
        if heights.get(match.group(1), len(FLOORS)) > heights[path.parts[1]]:
            yield match.start(), f"{path.parts[1]}/ must not know {match.group(1)}/, which is a floor above it"


def problems_of_text(path, text):
    """(offset, message) of everything wrong in a file; `path` is relative to the project."""
    code = code_only(text)
    yield from awaits_in_conditions(code)
    yield from awaits_in_choices(code)
    yield from includes_upwards(path, text)
    if path.parts[0] in ("include", "src"):
        yield from large_classes(code)
    if path.parts[0] == "tests":
        for match in SLEEP.finditer(code):
            yield match.start(), "a test must not sleep"
    for match in UNFINISHED.finditer(text):
        yield match.start(), f"{match.group()}: finish it or leave it out"
    offset = 0
    for line in text.split("\n"):
        laid_out_by_hand = text.rfind("clang-format off", 0, offset) > text.rfind("clang-format on", 0, offset)
        if len(line) > LINE_LENGTH and not laid_out_by_hand:
            yield offset, f"line of {len(line)} characters; {LINE_LENGTH} are allowed"
        if line != line.rstrip() or "\t" in line:
            yield offset, "tab or space at the end of a line"
        offset += len(line) + 1
    allowed = LINES_ALLOWED.get(path.parts[0])
    lines = text.count("\n")
    if allowed and lines > allowed:
        yield 0, f"{lines} lines; {allowed} are allowed in {path.parts[0]}/"


def problems_of_tree(root):
    seen = 0
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            seen += 1
            text = path.read_text(encoding="utf-8")
            relative = path.relative_to(root)
            for offset, message in problems_of_text(relative, text):
                yield f"{relative}:{text.count(chr(10), 0, offset) + 1}: {message}"
    if seen == 0:
        yield f"{root}: no sources found"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    problems = list(problems_of_tree(root))
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
