"""Compiler flags of our own code; code we did not write never sees them."""

# clang takes headers included under these names for system headers, about which
# it does not warn. (g++ has no such flag.)
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
        # Abseil's headers are read with our flags, and they shadow.
    ],
    "//conditions:default": ["-Wthread-safety"] + [
        "--system-header-prefix=" + prefix
        for prefix in _FOREIGN_HEADERS
    ],
}) + select({
    "//tools/cc:optimised": ["-O3"],
    "//conditions:default": [],
})
