# SPDX-License-Identifier: Apache-2.0

"""Fuzz targets: one source, run by libFuzzer or replayed by `bazel test`."""

load("//tools/cc:defs.bzl", "NOT_OPTIMISED", "pma_cc_binary", "pma_cc_library", "pma_cc_test")
load("//tools/sanitizers:variants.bzl", "variant_test")

# What turns a target into a program, by //tools/fuzzing:engine.
FUZZ_LINKOPTS = select({
    "//tools/fuzzing:libfuzzer": ["-fsanitize=fuzzer"],
    "//conditions:default": [],
})
FUZZ_DEPS = select({
    "//tools/fuzzing:external": [],
    "//tools/fuzzing:libfuzzer": ["//tools/fuzzing:libfuzzer_folders"],
    "//tools/fuzzing:replay": ["//tools/fuzzing:replay_main"],
})

# A replay of a corpus takes less time than optimising what it runs.
_COPTS = select({
    "//tools/fuzzing:replay": NOT_OPTIMISED,
    "//conditions:default": [],
})

def pma_cc_fuzz_test(
        name,
        srcs,
        corpus,
        corpus_folder = None,
        deps = [],
        copts = [],
        dictionary = None,
        replay_variants = [
            "plain",
            "asan",
            "ubsan",
        ],
        size = "medium",
        smoke_runs = 1000,
        smoke_tags = [],
        tags = []):
    """A fuzz target, the replay of its corpus, and a short real fuzzing.

    Creates
      * `name`, the target: with --config=libfuzzer a fuzzer, else a program that
        runs the inputs named on its command line (files or folders) once;
      * `name_replay_test` and its sanitizer variants, which run the corpus;
      * `name_smoke_test`, which fuzzes from the corpus for smoke_runs runs, from
        a fixed seed, under AddressSanitizer.

    Args:
      name: of the fuzz target.
      srcs: with LLVMFuzzerTestOneInput, without a main function.
      corpus: the committed inputs, e.g. glob(["corpus/map_fuzz/**"]).
      corpus_folder: folder of the inputs in this package; corpus/NAME if None.
      deps: as for cc_library.
      copts: as for cc_library.
      dictionary: a libFuzzer dictionary, or None.
      replay_variants: which variants replay the corpus.
      size: of the tests.
      smoke_runs: how many inputs the smoke test runs.
      smoke_tags: added to its tags.
      tags: of the tests.
    """
    if not corpus:
        fail("%s: the corpus is empty: its replay would test nothing" % name)
    folder = "%s/%s" % (native.package_name(), corpus_folder or "corpus/" + name)
    dictionaries = [dictionary] if dictionary else []
    data = corpus + dictionaries

    # Read by //tools/fuzzing:libfuzzer_folders.
    engine_args = ["--pma_corpus=" + folder]
    if dictionary:
        engine_args.append("--pma_dictionary=$(rootpath %s)" % dictionary)

    pma_cc_library(
        name = name + "_lib",
        testonly = True,
        srcs = srcs,
        copts = copts + _COPTS,
        deps = deps,
        alwayslink = True,  # The engine's main function calls it by name.
    )
    pma_cc_binary(
        name = name,
        testonly = True,
        args = select({
            "//tools/fuzzing:libfuzzer": engine_args,
            "//conditions:default": [],
        }),
        data = data,
        linkopts = FUZZ_LINKOPTS,
        deps = [":%s_lib" % name] + FUZZ_DEPS,
    )
    pma_cc_test(
        name = name + "_replay_test",
        size = size,
        args = [folder],
        data = corpus,
        googletest = False,
        tags = tags,
        variants = replay_variants,
        deps = [
            ":%s_lib" % name,
            "//tools/fuzzing:replay_main",
        ],
    )
    variant_test(
        name = name + "_smoke_test",
        size = size,
        args = engine_args + [
            "-runs=%d" % smoke_runs,
            "-seed=1",
        ],
        binary = ":" + name,
        data = data,
        tags = tags + smoke_tags + [
            "clang",
            "fuzzing",
        ],
        variant = "fuzzing",
    )
