#!/usr/bin/env python3
"""Takes the steps of `conan create packaging/conan` with as much of Conan 2 as the recipe uses.

usage: conan_stand_in.py WORK [CMAKE-OPTION...]

Exports the sources, configures, builds and packages them as the recipe says, looks whether what it promises is in the
package, then builds and runs the test package. Dependencies come from this system. What it cannot show is that Conan's
own packages of Boost and OpenSSL fit.
"""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import types

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "conan"
WORK = pathlib.Path(sys.argv[1]).resolve()
CMAKE_OPTIONS = sys.argv[2:]


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


class Values(types.SimpleNamespace):
    """Settings and options, which the recipe must have declared."""


class Component:
    def __init__(self):
        self.libs, self.requires, self.system_libs, self.builddirs = [], [], [], []
        self.properties = {}
        self.components = Components()

    def set_property(self, name, value):
        self.properties[name] = value


class Components(dict):
    def __missing__(self, name):
        return self.setdefault(name, Component())


class ConanFile:
    options, default_options = {}, {}

    def __init__(self, folder):
        self.recipe_folder = str(folder)
        self.cpp_info = Component()
        self.required = []
        self.requires = lambda reference, **traits: self.required.append(reference)
        self.options = Values(**self.default_options)
        self.settings = Values(os="Linux", arch="x86_64", compiler="gcc", build_type="Debug")
        self.cpp = Values(build=Values(bindir=""))

    def run(self, command, env):
        assert env == "conanrun"
        run(command)


class CMakeToolchain:
    def __init__(self, recipe):
        self.recipe = recipe
        self.cache_variables = {}

    def generate(self):
        self.recipe.cache_variables = self.cache_variables


class CMakeDeps:
    def __init__(self, recipe):
        assert recipe.required, "generators run after the requirements are known"

    def generate(self):
        pass


class CMake:
    def __init__(self, recipe):
        self.recipe = recipe

    def configure(self):
        given = [f"-D{name}={'ON' if value else 'OFF'}" for name, value in self.recipe.cache_variables.items()]
        given.append(f"-DCMAKE_BUILD_TYPE={self.recipe.settings.build_type}")
        run("cmake", "-G", "Ninja", "-S", self.recipe.source_folder, "-B", self.recipe.build_folder, *given,
            *CMAKE_OPTIONS)

    def build(self):
        run("cmake", "--build", self.recipe.build_folder)

    def install(self):
        run("cmake", "--install", self.recipe.build_folder, "--prefix", self.recipe.package_folder)


def copy(_, pattern, src, dst):
    found = [path for path in pathlib.Path(src).resolve().glob(pattern.replace("/*", "/**/*")) if path.is_file()]
    assert found, f"nothing matches {pattern}"
    for path in found:
        target = pathlib.Path(dst) / path.relative_to(pathlib.Path(src).resolve())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def check_min_cppstd(_, standard):
    assert standard == 20


def provide(name, **members):
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module


def load_recipe(path):
    specification = importlib.util.spec_from_file_location("recipe", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return next(each for each in vars(module).values()
                if isinstance(each, type) and issubclass(each, ConanFile) and each is not ConanFile)


def make_package():
    recipe = load_recipe(RECIPES / "conanfile.py")(RECIPES)
    recipe.options.sandbox = True
    recipe.set_version()
    recipe.export_sources_folder = recipe.source_folder = str(WORK / "source")
    recipe.build_folder, recipe.package_folder = str(WORK / "build"), str(WORK / "package")
    recipe.export_sources()
    for step in ("requirements", "validate", "layout", "generate", "build", "package", "package_info"):
        getattr(recipe, step)()
    return recipe


def check_package(recipe):
    package = pathlib.Path(recipe.package_folder)
    assert (package / "licenses" / "LICENSE").is_file()
    assert (package / "bin" / "sipher-sandbox").is_file()
    for folder in recipe.cpp_info.builddirs:
        assert (package / folder / "sipherConfig.cmake").is_file(), folder
    required = {reference.split("/")[0] for reference in recipe.required}
    belonging = set()
    for name, component in recipe.cpp_info.components.items():
        for library in component.libs:
            assert (package / "lib" / f"lib{library}.a").is_file(), library
        for each in component.requires:
            assert each in recipe.cpp_info.components or each.split("::")[0] in required, f"{name} requires {each}"
            belonging.add(each.split("::")[0])
    assert required <= belonging, f"no component requires {required - belonging}"


def test_package(recipe):
    test = load_recipe(RECIPES / "test_package" / "conanfile.py")(RECIPES / "test_package")
    assert set(test.generators) == {"CMakeDeps", "CMakeToolchain"}
    test.tested_reference_str = f"{recipe.name}/{recipe.version}"
    test.requirements()
    test.layout()
    test.cache_variables = {}
    test.source_folder, test.build_folder = test.recipe_folder, str(WORK / "test_build")
    test.cpp.build.bindir = test.build_folder
    # The toolchain of a Conan user has the folders of all packages in it.
    os.environ["CMAKE_PREFIX_PATH"] = recipe.package_folder
    test.build()
    test.test()


def main():
    provide("conan", ConanFile=ConanFile)
    provide("conan.errors", ConanInvalidConfiguration=Exception)
    provide("conan.tools")
    provide("conan.tools.build", check_min_cppstd=check_min_cppstd, can_run=lambda _: True)
    provide("conan.tools.cmake", CMake=CMake, CMakeDeps=CMakeDeps, CMakeToolchain=CMakeToolchain,
            cmake_layout=lambda _: None)
    provide("conan.tools.files", copy=copy, load=lambda _, path: pathlib.Path(path).read_text(encoding="utf-8"))
    sys.dont_write_bytecode = True
    shutil.rmtree(WORK, ignore_errors=True)
    recipe = make_package()
    check_package(recipe)
    test_package(recipe)
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
