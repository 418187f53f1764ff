#!/usr/bin/env python3
"""Writes each ```cpp block of Markdown files as a translation unit and prints their names, separated by ';'.

usage: extract_snippets.py FOLDER MARKDOWN...

A block with an #include is a file as it stands, and a program if it has a main function: its name begins with
`program_`, that of any other with `snippet_`. A block without is the body of a coroutine in which the names of
snippet_context.hpp are known. Compiler messages name the line of the Markdown file.
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def translation_unit(block, markdown, line):
    place = f'#line {line} "{markdown}"\n'
    if "#include" in block:
        return place + block
    return (
        '#include "snippet_context.hpp"\n'
        "static asio::awaitable<void> snippet(SNIPPET_CONTEXT)\n{\n"
        f"{place}{block}"
        "    co_return;\n}\n"
        "[[maybe_unused]] static const auto used = &snippet;\n"
    )


def extract(markdown, folder):
    text = markdown.read_text(encoding="utf-8")
    for number, match in enumerate(BLOCK.finditer(text), start=1):
        line = text.count("\n", 0, match.start()) + 2
        kind = "program" if "int main(" in match.group(1) else "snippet"
        path = folder / f"{kind}_{markdown.stem.lower()}_{number}.cpp"
        unit = translation_unit(match.group(1), markdown, line)
        # Left alone if it is the same, so that it need not be compiled again.
        if not path.exists() or path.read_text(encoding="utf-8") != unit:
            path.write_text(unit, encoding="utf-8")
        yield str(path)


def main():
    folder = pathlib.Path(sys.argv[1])
    names = [name for each in sys.argv[2:] for name in extract(pathlib.Path(each), folder)]
    if not names:
        sys.exit("no ```cpp block found")
    print(";".join(names))


if __name__ == "__main__":
    main()
