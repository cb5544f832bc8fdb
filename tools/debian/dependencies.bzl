# SPDX-License-Identifier: Apache-2.0

"""What the project depends on, for builds without Bazel's registry.

MODULE.bazel declares the same libraries for Bazel 7 and later. Everything is
fetched only when a target that needs it is built.
"""

load("//tools/npm:npm_program.bzl", "npm_program")
load(":debian_package.bzl", "debian_package")
load(":debian_source.bzl", "debian_source")
load(":debian_tree.bzl", "debian_tree")

def pma_libraries():
    """Declares the C++ libraries, each in the version Debian 12 ships."""
    debian_source(
        name = "com_google_absl",
        debian_sha256 = "abfe2897f3a30edaa74bc34365afe3c2a3cd012091a97dc7e008f7016adcd5fe",
        debian_source = "abseil",
        debian_strip_prefix = "abseil-20220623.1",
        sha256 = "91ac87d30cc6d79f9ab974c51874a704de9c2647c40f6932597329a282217ba8",
        strip_prefix = "abseil-cpp-20220623.1",
        urls = ["https://github.com/abseil/abseil-cpp/archive/refs/tags/20220623.1.tar.gz"],
    )
    debian_source(
        name = "com_google_googletest",
        build_file = "//tools/debian:googletest.BUILD",
        debian_source = "googletest",
        sha256 = "81964fe578e9bd7c94dfdb09c8e4d6e6759e19967e397dbea48d1c10e45d0df2",
        strip_prefix = "googletest-release-1.12.1",
        urls = ["https://github.com/google/googletest/archive/refs/tags/release-1.12.1.tar.gz"],
    )
    debian_source(
        name = "com_google_benchmark",
        debian_source = "benchmark",
        sha256 = "6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7",
        strip_prefix = "benchmark-1.7.1",
        urls = ["https://github.com/google/benchmark/archive/refs/tags/v1.7.1.tar.gz"],
    )
    debian_source(
        name = "nlohmann_json",
        build_file = "//tools/debian:nlohmann_json.BUILD",
        debian_source = "nlohmann-json3",
        sha256 = "d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273",
        strip_prefix = "json-3.11.2",
        urls = ["https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz"],
    )
    debian_source(
        name = "onetbb",
        debian_compression = "xz",
        debian_sha256 = "7e9111b8bb59c8800bf6d0b06afe7b0891937443d2dae1ee1101c8e2ede6a7ef",
        debian_source = "onetbb",
        sha256 = "eee380323bb7ce864355ed9431f85c43955faaae9e9bce35c62b372d7ffd9f8b",
        strip_prefix = "oneTBB-2021.8.0",
        urls = ["https://github.com/oneapi-src/oneTBB/archive/refs/tags/v2021.8.0.tar.gz"],
    )

def pma_peers():
    """Declares maps to compare with that Bazel's registry does not have."""
    debian_source(
        name = "libcds",
        build_file = "//tools/debian:libcds.BUILD",
        debian_source = "libcds",
        sha256 = "f090380ecd6b63a3c2b2f0bdb27260de2ccb22486ef7f47cc1175b70c6e4e388",
        strip_prefix = "libcds-2.3.3",
        urls = ["https://github.com/khizmax/libcds/archive/refs/tags/v2.3.3.tar.gz"],
    )

def pma_rocksdb():
    """Declares the database that //integrations/rocksdb is for.

    Its shared library, not its source, which takes an hour to compile.
    """
    debian_tree(
        name = "rocksdb",
        build_file = "//tools/debian:rocksdb.BUILD",
        packages = [
            "librocksdb-dev",
            "librocksdb7.8",
            "rocksdb-tools",
            # What that is linked to, and is not part of every Debian.
            "libgflags2.2",
            "libsnappy1v5",
        ],
    )

def pma_data():
    """Declares what benchmarks and tests read, out of Debian's packages."""

    # Other processors than this one. No hash: it follows security updates.
    debian_package(
        name = "qemu_user",
        files = {
            "qemu_aarch64": "usr/bin/qemu-aarch64-static",
            "qemu_x86_64": "usr/bin/qemu-x86_64-static",
        },
        package = "qemu-user-static",
        programs = [
            "qemu_aarch64",
            "qemu_x86_64",
        ],
    )

    # clang 19's own libc++, which cannot be installed beside clang 22's.
    for package in ["libc++-19-dev", "libc++abi-19-dev"]:
        name = package.replace("++", "xx").replace("-", "_")
        debian_package(
            name = name,
            archive = name + ".deb",
            package = package,
        )

    # IP address ranges and their countries. No hash: the list is renewed
    # several times a year, and an old one is not kept in the archive.
    debian_package(
        name = "tor_geoipdb",
        files = {
            "geoip": "usr/share/tor/geoip",
            "geoip6": "usr/share/tor/geoip6",
        },
        package = "tor-geoipdb",
    )

    # A dictionary of 650,000 words; a stable release does not change it.
    debian_package(
        name = "wamerican_insane",
        files = {"words": "usr/share/dict/american-english-insane"},
        package = "wamerican-insane",
        sha256 = {"words": "19fb16e4f5262e5007e9b203a4d5cc3cd05834987b2f2c1e037bc6329c2a6fd4"},
    )

    # What draws the charts of the HTML report. No hash: a script that runs in a
    # browser should follow security updates.
    debian_package(
        name = "chartjs",
        files = {"chart.min.js": "usr/share/javascript/chart.js/chart.min.js"},
        package = "libjs-chart.js",
    )

def pma_tools():
    """Declares programs that tests of the tree run, and that Debian does not have."""
    npm_program(
        name = "buildifier",
        package = "@bazel/buildifier",
        program_name = "buildifier",
        programs = {
            "Linux aarch64": "buildifier-linux_arm64",
            "Linux x86_64": "buildifier-linux_amd64",
        },
        sha256 = "b96ea9b13003036c801f52bee6f9b0314738f8432e5cb9d814c89f59292604ee",
        url = "https://registry.npmjs.org/@bazel/buildifier/-/buildifier-8.2.1.tgz",
        version = "8.2.1",
    )
