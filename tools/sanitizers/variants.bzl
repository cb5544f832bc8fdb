# SPDX-License-Identifier: Apache-2.0

"""The sanitizer variants of a test: what each one is, and the rule that runs it.

A variant is the same target in another configuration, reached by a transition,
so that everything below it (our code, Abseil, GoogleTest) is compiled with the
sanitizer, and so that `bazel test //...` runs them in one go.
"""

# Debian keeps the symbolizer out of PATH under this name; without it a report
# has addresses in place of lines.
_SYMBOLIZER = "external_symbolizer_path=/usr/lib/llvm-19/bin/llvm-symbolizer"

_COMMON_COPTS = [
    "-fno-omit-frame-pointer",
    "-gline-tables-only",
]

# Bazel links with the C driver, which leaves out the C++ half of each runtime
# (operator new and delete, vptr checks) unless told.
_COMMON_LINKOPTS = ["-fsanitize-link-c++-runtime"]

def _options(*flags):
    return ":".join(flags + (_SYMBOLIZER,))

# A stress test for races must meet many interleavings, a fuzzer many inputs.
# What else a test does takes less time than optimising it, which takes half of
# the whole suite's.
_QUICK_TO_RUN = ["-O1"]
_QUICK_TO_COMPILE = ["-O0"]

_ADDRESS = struct(
    copts = ["-fsanitize=address"],
    linkopts = ["-fsanitize=address"],
    env = {"ASAN_OPTIONS": _options(
        "detect_leaks=1",
        "detect_stack_use_after_return=1",
        "check_initialization_order=1",
        "strict_init_order=1",
    )},
)

# There are no suppressions, in any variant.
SANITIZERS = {
    "asan": struct(
        copts = _ADDRESS.copts + _QUICK_TO_COMPILE,
        linkopts = _ADDRESS.linkopts,
        env = _ADDRESS.env,
    ),
    "tsan": struct(
        copts = ["-fsanitize=thread"] + _QUICK_TO_RUN,
        linkopts = ["-fsanitize=thread"],
        env = {"TSAN_OPTIONS": _options(
            "halt_on_error=1",
            "second_deadlock_stack=1",
        )},
    ),
    "ubsan": struct(
        copts = [
            "-fsanitize=undefined,alignment",
            "-fno-sanitize-recover=all",
        ] + _QUICK_TO_COMPILE,
        linkopts = ["-fsanitize=undefined,alignment"],
        env = {"UBSAN_OPTIONS": _options("print_stacktrace=1")},
    ),
    # Counts how often each line runs, for //fuzz:lines.
    "coverage": struct(
        copts = [
            "-fprofile-instr-generate",
            "-fcoverage-mapping",
        ] + _QUICK_TO_COMPILE,
        linkopts = ["-fprofile-instr-generate"],
        env = {},
    ),
    # AddressSanitizer and libFuzzer's engine, for //tools/fuzzing.
    "fuzzing": struct(
        copts = _ADDRESS.copts + _QUICK_TO_RUN + ["-fsanitize=fuzzer-no-link"],
        linkopts = _ADDRESS.linkopts,
        env = _ADDRESS.env,
    ),
}

_COPT = "//command_line_option:copt"
_LINKOPT = "//command_line_option:linkopt"
_COMPILATION_MODE = "//command_line_option:compilation_mode"
_ENGINE = "//tools/fuzzing:engine"

def _variant_transition_impl(settings, attr):
    sanitizer = SANITIZERS[attr.variant]
    return {
        # Assertions stay on whatever the command line says about the rest.
        _COMPILATION_MODE: "fastbuild",
        _COPT: settings[_COPT] + _COMMON_COPTS + sanitizer.copts,
        _ENGINE: "libfuzzer" if attr.variant == "fuzzing" else "replay",
        _LINKOPT: settings[_LINKOPT] + _COMMON_LINKOPTS + sanitizer.linkopts,
    }

_variant_transition = transition(
    implementation = _variant_transition_impl,
    inputs = [_COPT, _LINKOPT],
    outputs = [_COMPILATION_MODE, _COPT, _ENGINE, _LINKOPT],
)

def _link_to_binary(ctx):
    """Returns a DefaultInfo whose executable is a link to ctx.attr.binary."""

    # An attribute with a transition is a list, even if it holds one target.
    binary = ctx.attr.binary[0][DefaultInfo]
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = executable,
        target_file = binary.files_to_run.executable,
        is_executable = True,
    )

    # Without the binary itself: it has the same path in every variant, and a
    # target with two variants in its data would find one of them under both names.
    inherited = [
        file
        for file in binary.default_runfiles.files.to_list()
        if file != binary.files_to_run.executable
    ]
    return DefaultInfo(
        executable = executable,
        runfiles = ctx.runfiles(files = ctx.files.data + inherited),
    )

def _variant_binary_impl(ctx):
    return [_link_to_binary(ctx)]

def _variant_test_impl(ctx):
    env = dict(SANITIZERS[ctx.attr.variant].env)
    env.update(ctx.attr.env)
    return [_link_to_binary(ctx), testing.TestEnvironment(env)]

_ATTRIBUTES = {
    "binary": attr.label(
        cfg = _variant_transition,
        executable = True,
        mandatory = True,
    ),
    "data": attr.label_list(
        doc = "For $(location) in args; the binary's own data comes along anyway.",
        allow_files = True,
    ),
    "variant": attr.string(
        mandatory = True,
        values = SANITIZERS.keys(),
    ),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

variant_binary = rule(
    doc = "A binary, built under one of SANITIZERS.",
    implementation = _variant_binary_impl,
    attrs = _ATTRIBUTES,
    executable = True,
)

variant_test = rule(
    doc = """Runs a test or a binary, built under one of SANITIZERS, as a test.

The attributes every test has (args, size, timeout, shard_count, tags) work as
usual; those of the binary are not inherited.
""",
    implementation = _variant_test_impl,
    attrs = dict(
        _ATTRIBUTES,
        env = attr.string_dict(
            doc = "Added to the sanitizer's own; a name given here wins.",
        ),
    ),
    test = True,
)
