"""Recipe for Conan 2, of the source that it lies in: `conan create packaging/conan`."""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class SipherRecipe(ConanFile):
    name = "sipher"
    description = "Client of the Sipher Sessions API over Boost.Asio"
    license = "BSL-1.0"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "sandbox": [True, False]}
    default_options = {"shared": False, "fPIC": True, "sandbox": False}
    implements = ["auto_shared_fpic"]

    @property
    def _project(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._project, "include", "sipher", "version.hpp"))
        self.version = re.search(r'#define SIPHER_VERSION "([0-9.]+)"', header).group(1)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "docs/man/*", "docs/completion/*", "include/*", "src/*"):
            copy(self, pattern, src=self._project, dst=self.export_sources_folder)

    def requirements(self):
        self.requires("boost/[>=1.81 <2]", transitive_headers=True, transitive_libs=True)
        self.requires("openssl/[>=3.0 <4]")
        if self.options.sandbox:
            self.requires("cli11/[>=2.1 <3]")

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("sipher is for Linux only")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "EXAMPLES", "BENCH"):
            toolchain.cache_variables[f"SIPHER_BUILD_{part}"] = False
        toolchain.cache_variables["SIPHER_BUILD_SANDBOX"] = bool(self.options.sandbox)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # The library's own configuration file is the one that users get, as everywhere.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "sipher")]
        library = self.cpp_info.components["sipher"]
        library.libs = ["sipher"]
        library.requires = ["boost::headers", "boost::json", "boost::url", "openssl::openssl"]
        library.system_libs = ["pthread"]
        for part in ("testing", "observability"):
            component = self.cpp_info.components[part]
            component.set_property("pkg_config_name", f"sipher-{part}")
            component.libs = [f"sipher-{part}"]
            component.requires = ["sipher"]
        if self.options.sandbox:
            # Conan wants each requirement to belong to a component.
            self.cpp_info.components["testing"].requires.append("cli11::cli11")
