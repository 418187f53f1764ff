#!/usr/bin/env python3
"""Links within the documentation lead somewhere: those of Markdown pages, and of a generated site.

usage: check_links.py FOLDER
A folder with a README.md is the project: its pages and those of docs/ are checked. Any other is a site of HTML pages.
Each line printed names a link that leads nowhere; the exit code is 1 if there is any.
"""

import html.parser
import pathlib
import re
import sys
import urllib.parse

FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
# [text](file#heading) and ![text](file), with at least one of the two parts; not to other hosts.
LINK = re.compile(r"\[([^][]*)\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def anchor(heading):
    """As forges make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class MarkdownPage:
    def __init__(self, text):
        text = FENCED.sub("", text)
        self.links = [(file, heading or "") for _, file, heading in LINK.findall(text)]
        self.anchors = {anchor(heading) for _, heading in HEADING.findall(text)}


class HtmlPage(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links = []
        self.anchors = {""}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name in ("href", "src") and not re.match(r"\w+:|//", value):
                file, _, heading = value.partition("#")
                self.links.append((urllib.parse.unquote(file.partition("?")[0]), urllib.parse.unquote(heading)))


def pages_of(folder):
    if (folder / "README.md").exists():
        return {path.resolve(): MarkdownPage(path.read_text(encoding="utf-8"))
                for path in (*folder.glob("*.md"), *folder.glob("docs/*.md"))}
    return {path.resolve(): HtmlPage(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}


def broken_links(folder):
    pages = pages_of(folder)
    if not pages:
        yield f"{folder}: no pages found"
    for path, page in sorted(pages.items()):
        for file, heading in page.links:
            target = (path.parent / file).resolve() if file else path
            if not target.exists():
                yield f"{path.name}: {file} does not exist"
            elif heading and target in pages and heading not in pages[target].anchors:
                yield f"{path.name}: {target.name} has no #{heading}"


if __name__ == "__main__":
    found = list(broken_links(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)
