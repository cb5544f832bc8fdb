# SPDX-License-Identifier: Apache-2.0

"""Compiler flags of our own code; code we did not write never sees them."""

# clang takes headers included under these names for system headers, about which
# it does not warn.
_FOREIGN_HEADERS = [
    "absl/",
    "benchmark/",
    "gmock/",
    "gtest/",
    "nlohmann/",
    "oneapi/",
    "tbb/",
]

PMA_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Werror",
] + select({
    "//tools/cc:gcc": [
        # g++ is told by folder: one named as a system folder is one, though
        # Bazel also names it as an ordinary one. Only Abseil's headers warn.
        "-isystemexternal/com_google_absl",
        # g++ 12 sees overlapping copies inside std::string where there are none
        # (https://gcc.gnu.org/PR105651).
        "-Wno-restrict",
    ],
    "//conditions:default": ["-Wthread-safety"] + [
        "--system-header-prefix=" + prefix
        for prefix in _FOREIGN_HEADERS
    ],
}) + select({
    "//tools/cc:optimised": ["-O3"],
    "//conditions:default": [],
})
