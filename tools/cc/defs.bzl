# SPDX-License-Identifier: Apache-2.0

"""The rules our C++ targets use: warnings as errors, and every sanitizer.

    load("//tools/cc:defs.bzl", "pma_cc_library", "pma_cc_test")
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load("//tools/cc:copts.bzl", "PMA_COPTS")
load("//tools/sanitizers:variants.bzl", "variant_test")

# A target may include only headers of its direct dependencies.
_FEATURES = ["layering_check"]

_GOOGLETEST = [
    "@com_google_googletest//:gtest",
    "@com_google_googletest//:gtest_main",
]

ALL_VARIANTS = [
    "plain",
    "asan",
    "tsan",
    "ubsan",
]

# Of a test of one thread: ThreadSanitizer has nothing to look for.
SEQUENTIAL_VARIANTS = [
    "plain",
    "asan",
    "ubsan",
]

# Of a test of what judges the map, not of the map itself.
JUDGE_VARIANTS = [
    "plain",
    "asan",
]

# The tests whose UBSan variant runs by default: with one thread and many, and keys and
# values of all kinds, they run 97 % of the map's lines. UBSan judges an operation by
# its operands alone, so that other tests of the same lines show it little that is
# new, and they take as long to compile as under ASan. Their UBSan variants are tagged
# `more_ubsan`: .bazelrc leaves them to --config=ubsan, a part of our CI, and
# --config=wide.
_ALWAYS_UNDER_UBSAN = [
    "//fuzz:map_fuzz_replay_test",
    "//pma:concurrent_map_test",
    "//pma:concurrent_map_threads_test",
    "//pma:concurrent_map_types_test",
    "//pma:emptied_segments_test",
    "//pma:find_batch_test",
    "//pma:key_encoding_test",
]

# Copts of a test that takes longer to optimise than it then saves, in all its
# variants together, ...
NOT_OPTIMISED = ["-O0"]

# ... and of code that is worth it even where the variant's own copts say not to
# (//tools/sanitizers:variants.bzl).
OPTIMISED = select({
    "//tools/cc:optimised": [],
    "//conditions:default": ["-O2"],
})

def pma_cc_library(name, copts = [], features = [], **kwargs):
    """A cc_library of our own code."""
    cc_library(
        name = name,
        copts = PMA_COPTS + copts,
        features = _FEATURES + features,
        **kwargs
    )

def pma_header_library(name, hdrs, deps = [], **kwargs):
    """A cc_library of headers alone, each of which includes only what it may.

    layering_check looks at what a target compiles, and a library of headers
    compiles nothing. So they are compiled once by themselves, as a library that
    nobody depends on.
    """
    pma_cc_library(
        name = name,
        hdrs = hdrs,
        deps = deps,
        **kwargs
    )
    native.genrule(
        name = name + "_includes",
        outs = [name + "_includes.cc"],
        cmd = "printf '#include \"%s/%%s\"\n' %s > $@" % (native.package_name(), " ".join(hdrs)),
        visibility = ["//visibility:private"],
    )
    pma_cc_library(
        name = name + "_by_themselves",
        srcs = [name + "_includes.cc"],
        hdrs = hdrs,
        deps = deps,
        testonly = True,
        visibility = ["//visibility:private"],
    )

def pma_cc_binary(name, copts = [], features = [], **kwargs):
    """A cc_binary of our own code."""
    cc_binary(
        name = name,
        copts = PMA_COPTS + copts,
        features = _FEATURES + features,
        **kwargs
    )

def _seldom(name, variant, wide_variants):
    """Returns the tags of a variant that does not run by default."""
    if variant in wide_variants:
        return ["wide"]
    label = "//%s:%s" % (native.package_name(), name)
    if variant == "ubsan" and label not in _ALWAYS_UNDER_UBSAN:
        return ["more_ubsan"]
    return []

def pma_cc_test(
        name,
        variants = ALL_VARIANTS,
        args = [],
        copts = [],
        data = [],
        deps = [],
        env = {},
        features = [],
        googletest = True,
        shard_count = None,
        size = "medium",
        tags = [],
        timeout = None,
        wide_variants = [],
        **kwargs):
    """A cc_test of our own code, and one more of it per sanitizer.

    Creates `name` (optimised, assertions on) and `name_asan`, `name_tsan`,
    `name_ubsan`, which differ in nothing but the compilation. (Of the last, most
    run with --config=ubsan or wide only: _ALWAYS_UNDER_UBSAN.)

    Args:
      name: the plain test; with the variant's name appended, the others.
      variants: which of ALL_VARIANTS to run.
      args: as for cc_test, for every variant, as is all that follows.
      copts: added to PMA_COPTS.
      data: as for cc_test.
      deps: as for cc_test, without GoogleTest.
      env: as for cc_test.
      features: added to layering_check.
      googletest: False for a test that has a main function of its own.
      shard_count: as for cc_test.
      size: as for cc_test.
      tags: added to the variant's own tag.
      timeout: as for cc_test.
      wide_variants: those of the variants that run with --config=wide only.
      **kwargs: srcs and whatever else cc_test takes.
    """
    for variant in variants:
        if variant not in ALL_VARIANTS:
            fail("%s: no variant '%s', only %s" % (name, variant, ALL_VARIANTS))

    # Without a plain variant the cc_test is still what the others build.
    cc_test(
        name = name,
        args = args,
        copts = PMA_COPTS + copts,
        data = data,
        deps = deps + (_GOOGLETEST if googletest else []),
        env = env,
        features = _FEATURES + features,
        shard_count = shard_count,
        size = size,
        tags = tags + (["plain"] if "plain" in variants else ["manual"]),
        timeout = timeout,
        **kwargs
    )
    for variant in variants:
        if variant == "plain":
            continue
        variant_test(
            name = name + "_" + variant,
            args = args,
            binary = ":" + name,
            data = data,
            env = env,
            shard_count = shard_count,
            size = size,
            tags = tags + [
                "clang",
                variant,
            ] + _seldom(name, variant, wide_variants),
            timeout = timeout,
            variant = variant,
            visibility = kwargs.get("visibility"),
        )
