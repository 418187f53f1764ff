#!/usr/bin/env python3
"""What packages say of the library is what CMake says: versions, dependencies; and the documents are in order."""

import ast
import json
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


VERSION = re.search(r'#define SIPHER_VERSION "([0-9.]+)"', read("include/sipher/version.hpp")).group(1)
DEPENDENCIES = json.loads(read("packaging/dependencies.json"))


class Recipes(unittest.TestCase):
    def test_each_has_the_version_of_the_library(self):
        self.assertEqual(json.loads(read("packaging/vcpkg/vcpkg.json"))["version"], VERSION)
        self.assertEqual(re.match(r"sipher \((.*?)\)", read("packaging/debian/changelog")).group(1), VERSION)
        self.assertEqual(re.search(r"^## (\S+?),? ", read("CHANGELOG.md"), re.MULTILINE).group(1), VERSION)
        self.assertIn(f"Package: libsipher{VERSION.rpartition('.')[0]}\n", read("packaging/debian/control"))

    def test_recipes_of_conan_are_python(self):
        for recipe in sorted(PACKAGING.glob("conan/**/conanfile.py")):
            ast.parse(recipe.read_text(encoding="utf-8"), str(recipe))

    def test_each_asks_for_the_same_dependencies(self):
        found = re.findall(r"find_package\((\w+) ([0-9.]+)", read("CMakeLists.txt") + read("src/CMakeLists.txt"))
        self.assertEqual({name.lower(): version for name, version in found},
                         {name: each["version"] for name, each in DEPENDENCIES.items()})
        conan = dict(re.findall(r'requires\("(\w+)/\[>=([0-9.]+)', read("packaging/conan/conanfile.py")))
        self.assertEqual(conan, {name: each["version"] for name, each in DEPENDENCIES.items()})
        vcpkg = read("packaging/vcpkg/vcpkg.json")
        self.assertEqual({name for name in DEPENDENCIES if name not in vcpkg}, set())

    def test_vcpkg_gets_every_library_of_boost_that_is_included(self):
        sources = [path for folder in ("include", "src") for path in (ROOT / folder).rglob("*.?pp")]
        used = {name for path in sources
                for name in re.findall(r"#include <boost/(\w+)", path.read_text(encoding="utf-8"))}
        # What those that are named cannot do without.
        brought_along = {"container", "describe", "intrusive", "system", "throw_exception"}
        named = set(re.findall(r'"boost-(\w+)"', read("packaging/vcpkg/vcpkg.json")))
        self.assertEqual(used - brought_along, named)


class BillOfMaterials(unittest.TestCase):
    def test_every_element_is_described_and_related(self):
        document = json.loads(output("packaging/sbom"))
        self.assertEqual((document["spdxVersion"], document["name"]), ("SPDX-2.3", f"sipher-{VERSION}"))
        packages = {each["SPDXID"] for each in document["packages"]}
        self.assertEqual({each["name"] for each in document["packages"]}, {"sipher", *DEPENDENCIES})
        related = {each[end] for each in document["relationships"] for end in ("spdxElementId", "relatedSpdxElement")}
        self.assertEqual(related, packages | {"SPDXRef-DOCUMENT"})


class ReleaseNotes(unittest.TestCase):
    def test_only_the_newest_section_with_one_line_for_each_paragraph(self):
        heading, *lines = output("packaging/release-notes").splitlines()
        self.assertTrue(heading.startswith(f"# {VERSION}"))
        section = read("CHANGELOG.md").split("\n## ")[1]
        self.assertEqual([line[:20] for line in lines if line.startswith("-")],
                         re.findall(r"^- .{18}", section, re.MULTILINE))
        self.assertEqual([line for line in lines if line and not re.match(r"- |### ", line)], [lines[1]])

    def test_links_to_files_begin_with_the_address(self):
        targets = re.findall(r"\]\((.*?)\)", output("packaging/release-notes", "https://forge.example/at/v1/"))
        self.assertTrue(targets)
        self.assertTrue(all(re.match("https://forge.example/at/v1/[^/]", each) for each in targets), targets)


if __name__ == "__main__":
    unittest.main()
