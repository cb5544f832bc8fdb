# SPDX-License-Identifier: Apache-2.0

"""The Conan package: headers alone. `conan create .` makes it."""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout


class PmaConan(ConanFile):
    name = "pma"
    description = "A concurrent ordered map: a cache-oblivious B-tree of packed memory arrays"
    license = "Apache-2.0"
    topics = ("concurrency", "ordered-map", "b-tree", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    exports_sources = "pma/*.h", "LICENSE"
    no_copy_source = True

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "pma", "version.h"))
        self.version = ".".join(
            re.search(rf"#define PMA_VERSION_{part} (\d+)", header).group(1)
            for part in ("MAJOR", "MINOR", "PATCH")
        )

    def layout(self):
        basic_layout(self)

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(
            self,
            "pma/*.h",
            self.source_folder,
            os.path.join(self.package_folder, "include"),
            excludes="pma/testing/*",
        )

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_target_name", "pma::pma")
        if self.settings.os == "Linux":
            self.cpp_info.system_libs = ["pthread"]
