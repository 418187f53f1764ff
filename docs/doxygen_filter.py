#!/usr/bin/env python3
"""Prints a Markdown page or a public header as Doxygen 1.9.4 wants it.

Doxygen knows the headings of a page only by labels that are unique in the whole site. So each heading gets one, made
of the page's name and of the anchor that a forge makes of it, and links between pages lead to these.
"""

import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "docs"))
from check_links import FENCED, HEADING, LINK, anchor  # noqa: E402

# These paragraphs of a function's documentation each begin a line in the source, and one on the site.
PARAGRAPH = re.compile(
    r"^( *///) ((?:Arguments|Cancellation|Errors|Executors|Fork|Idempotency(?: and retry)?|Order of destruction|Retry"
    r"|Thread safety):) ",
    re.MULTILINE,
)

# Doxygen lists friends, and links to private classes that it does not show.
PRIVATE = re.compile(r"^private:\n.*?(?=^};)", re.DOTALL | re.MULTILINE)


def label(page, heading=None):
    """Of a heading, or of the page itself."""
    name = "mainpage" if page.name == "README.md" else page.stem.lower()
    return f"{name}-{heading}" if heading else name


def link(page, match):
    text, file, heading = match.groups()
    target = page.parent / file if file else page
    if target.suffix == ".md":
        return f"[{text}](@ref {label(target, heading)})"
    # The site has pictures and files, but no folders.
    return text if target.is_dir() else f"[{text}]({target.name})"


def markdown(page, text):
    text = LINK.sub(lambda match: link(page, match), text)
    return HEADING.sub(
        lambda match: f"{match.group()} {{#{label(page, match[1] != '#' and anchor(match[2]))}}}", text
    )


def main():
    page = pathlib.Path(sys.argv[1])
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        code = [*FENCED.findall(text), ""]
        text = "".join(prose + code[i] for i, prose in enumerate(markdown(page, p) for p in FENCED.split(text)))
    else:
        text = PRIVATE.sub(lambda match: "\n" * match.group().count("\n"), text)
        text = PARAGRAPH.sub(r"\1 <br>**\2** ", text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
