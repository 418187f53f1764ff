#!/usr/bin/env python3
"""The checker finds links that lead nowhere, and nothing else."""

import pathlib
import tempfile
import unittest

import check_links


class CheckLinks(unittest.TestCase):
    def broken(self, pages):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for path, text in pages.items():
                (folder / path).parent.mkdir(exist_ok=True)
                (folder / path).write_text(text)
            return list(check_links.broken_links(folder))

    def test_markdown(self):
        found = self.broken({
            "README.md": "[a](docs/a.md#one-thing-here) [a](docs/a.md#two) ![p](p.svg) [c](https://c.example/#x)\n",
            "docs/a.md": "# One `thing`, here\n[over\ntwo lines](../README.md) [x](b.md) [y](#three)\n",
        })
        self.assertEqual(found, [
            "README.md: a.md has no #two",
            "README.md: p.svg does not exist",
            "a.md: b.md does not exist",
            "a.md: a.md has no #three",
        ])

    def test_code_has_no_links(self):
        self.assertEqual(self.broken({"README.md": "```cpp\nv[i](each);\n```\nand\n```\n[x](y)\n```\n"}), [])

    def test_html(self):
        found = self.broken({
            "index.html": '<a href="b.html#x">b</a><a href="b.html#%79"></a><a href="#z">z</a><img src="p.png"/>',
            "b.html": '<h1 id="x">X</h1><a name="y"></a><a href="http://c.example/"></a><a href="index.html?q"></a>',
        })
        self.assertEqual(found, ["index.html: index.html has no #z", "index.html: p.png does not exist"])

    def test_a_folder_without_pages(self):
        self.assertEqual(len(self.broken({"a.txt": ""})), 1)


if __name__ == "__main__":
    unittest.main()
