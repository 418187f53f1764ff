#!/usr/bin/env python3
"""The checker finds what it is there to find, and nothing else."""

import pathlib
import unittest

import check_style


def messages(text, path="src/call/example.cpp"):
    return [message for _, message in check_style.problems_of_text(pathlib.Path(path), text)]


class CheckStyle(unittest.TestCase):
    def assert_found(self, text, path="src/call/example.cpp"):
        self.assertEqual(len(messages(text, path)), 1, messages(text, path))

    def assert_sound(self, text, path="src/call/example.cpp"):
        self.assertEqual(messages(text, path), [])

    def test_await_in_conditions(self):
        self.assert_found("if (co_await ready()) {\n}\n")
        self.assert_found("if constexpr (x) {\n} else if (a &&\n    co_await ready()) {\n}\n")
        self.assert_found("while (!(co_await ready())) {\n}\n")
        self.assert_found("switch (co_await kind()) {\n}\n")
        self.assert_found("if (auto v = f(); co_await g(v)) {\n}\n")

    def test_await_in_choices(self):
        self.assert_found("auto v = a ? co_await f() : 1;\n")
        self.assert_found("co_await f(a ? b\n    : c);\n")

    def test_await_elsewhere_is_sound(self):
        self.assert_sound("if (auto v = co_await f(); v) {\n}\n")
        self.assert_sound("if (ready) {\n    co_await f();\n}\n")
        self.assert_sound("for (;;) {\n    const auto v = co_await f();\n}\n")
        self.assert_sound("const auto v = a ? b : c;\nco_await f(v);\n")

    def test_comments_and_literals_are_not_code(self):
        self.assert_sound("// if (co_await f())\n")
        self.assert_sound('log("if (co_await f()) ? :");\n')
        self.assert_sound('log(R"(while (co_await "f"))");\n')
        self.assert_sound("const int a = 10'000; /* while (co_await f()) */ const int b = 1'0;\n")

    def test_floors(self):
        self.assert_found('#include "call/call.hpp"\n', "src/pool/pool.cpp")
        self.assert_sound('#include "call/call.hpp"\n', "src/client/client.cpp")
        self.assert_found('#include "sandbox/service.hpp"\n', "src/model/json.cpp")

    def test_sleep_in_tests(self):
        self.assert_found("std::this_thread::sleep_for(1ms);\n", "tests/unit/example_test.cpp")
        self.assert_found("usleep(1);\n", "tests/unit/example_test.cpp")
        self.assert_sound("// it would sleep_for(1ms)\n", "tests/unit/example_test.cpp")
        self.assert_sound("std::this_thread::sleep_for(1ms);\n", "examples/example.cpp")

    def test_unfinished(self):
        self.assert_found("// TO" + "DO: later\n")

    def test_lengths(self):
        self.assert_found("// " + "x" * 118 + "\n")
        self.assert_sound("// " + "x" * 117 + "\n")
        self.assert_found("//\n" * 251, "include/sipher/example.hpp")
        self.assert_sound("//\n" * 301)

    def test_members(self):
        def with_members(count):
            members = "".join(f"    std::map<int, int> member{i}_{{}};\n" for i in range(count))
            return "class SIPHER_API one final : public other {\n    int f() { other a_; return 1; }\n" + members + "};\n"

        self.assert_found(with_members(21))
        self.assert_sound(with_members(20))

    def test_blanks(self):
        self.assert_found("int a; \n")
        self.assert_found("\tint a;\n")


if __name__ == "__main__":
    unittest.main()
