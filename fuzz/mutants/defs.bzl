# SPDX-License-Identifier: Apache-2.0

"""Mutants: copies of the map with one bug planted in each, which tests must find.

A mutant is a patch, NAME.patch: a line that says what is broken, an empty line,
and a unified diff (as of `git diff -U1`) against the repository. It is applied to
a copy of the sources, so that the product's headers contain nothing of it.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("@rules_shell//shell:sh_test.bzl", "sh_test")
load("//tools/sanitizers:variants.bzl", "variant_binary")

# The offsets of a hunk may have changed, its context may not (--fuzz=0): a patch
# that lands somewhere else plants another bug than it says.
_APPLY = """
set -euo pipefail
root=$1 patch=$2 copies=$3
xargs cp -L --parents --target-directory="$root" <"$copies"
chmod -R u+w "$root"
if ! patch --directory="$root" --strip=1 --fuzz=0 --forward \\
  --batch --no-backup-if-mismatch --reject-file=- \\
  <"$patch" >"$root/patch.log" 2>&1; then
  echo "$patch does not apply any more:" >&2
  cat "$root/patch.log" >&2
  exit 1
fi
rm -f "$root/patch.log"
cat >>"$root/pma/options.h" <<'END'
#define PMA_SOURCES_OF_A_MUTANT 1
END
cat >"$root/only_the_mutant.cc" <<'END'
#include "pma/options.h"
#ifndef PMA_SOURCES_OF_A_MUTANT
#error "This target sees the healthy headers: its verdict would mean nothing."
#endif
END
"""

def _mutant_sources_impl(ctx):
    copies = []
    paths = ctx.actions.args()
    paths.set_param_file_format("multiline")
    inputs = [file for file in ctx.files.headers if file.extension == "h"]
    inputs += ctx.files.harness
    for file in inputs:
        copy = ctx.actions.declare_file(ctx.label.name + "/" + file.short_path)
        copies.append(copy)
        paths.add(file.path)  # a source file's is its place in the copy, too
    check = ctx.actions.declare_file(ctx.label.name + "/only_the_mutant.cc")
    list_of_copies = ctx.actions.declare_file(ctx.label.name + ".copies")
    ctx.actions.write(list_of_copies, paths)
    ctx.actions.run_shell(
        command = _APPLY,
        arguments = [check.dirname, ctx.file.patch.path, list_of_copies.path],
        inputs = inputs + [ctx.file.patch, list_of_copies],
        outputs = copies + [check],
        mnemonic = "Mutate",
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset(copies + [check]))]

mutant_sources = rule(
    doc = "A copy of the headers and of a harness, with a patch applied to it.",
    implementation = _mutant_sources_impl,
    attrs = {
        "harness": attr.label_list(allow_files = [".cc"]),
        "headers": attr.label_list(
            doc = "All headers that the harness sees of the mutated libraries.",
            allow_files = True,
        ),
        "patch": attr.label(
            allow_single_file = [".patch"],
            mandatory = True,
        ),
    },
)

# How a trial's map keeps its keys and values: in fuzz/map_programs/program.h and in
# the names of layers.
_STORAGES = {
    "inline": 0,
    "boxed-values": 1,
    "boxed-keys": 2,
    "boxed": 3,
    # Of keys of several words; the layers of many threads have them inline.
    "encoded": 0,
}

# The program of each layer: the source that is compiled against the map, how for
# the kill table, and everything else. None of the deps may bring the map's headers
# along.
_PROGRAMS = {
    "oracle": struct(
        copts = ["-O0"],
        harness = "//fuzz/mutants:oracle_trials.cc",
        deps = [
            "//fuzz/mutants:judge",
            "@com_google_absl//absl/container:btree",
        ],
    ),
    "schedules": struct(
        copts = ["-O1"],
        harness = "//fuzz/map_programs:execute.cc",
        deps = [
            "//fuzz/history",
            "//fuzz/history:calls",
            "//fuzz/history:linearizability",
            "//fuzz/history:text_format",
            "//fuzz/mutants:schedule_trials",
            "//fuzz/sim:replace_new",
            "//fuzz/sim:simulation",
        ],
    ),
    "stress": struct(
        copts = [],  # the sanitizers have their own
        harness = "//fuzz/mutants:stress_trials.cc",
        deps = [
            "//fuzz/history",
            "//fuzz/history:judge",
            "//fuzz/history:stress",
            "//fuzz/mutants:judge",
        ],
    ),
}

_STRESS_SANITIZERS = ["asan", "tsan", "ubsan"]

def _storage_defines(program, storage):
    if program == "schedules":
        return ["PMA_ONLY_STORAGE=%d" % _STORAGES[storage]]
    return {
        "encoded": ["PMA_TRIAL_ENCODED"],
        "inline": [],
    }.get(storage, ["PMA_TRIAL_BOXES"])

def scheduled_storage(storage):
    """The storage of the same mutant in layers of many threads."""
    return "inline" if storage == "encoded" else storage

def _program(name, program, headers, patch, storage, copts, tags = []):
    mutant_sources(
        name = name + "_sources",
        testonly = True,
        harness = [_PROGRAMS[program].harness],
        headers = headers,
        patch = patch,
        tags = tags,
    )
    cc_binary(
        name = name,
        testonly = True,
        srcs = [":%s_sources" % name],
        copts = copts + ["-w"],  # A mutant may leave something unused.
        includes = [name + "_sources"],
        # Without assertions: the layers are judged here, not they.
        local_defines = ["NDEBUG"] + _storage_defines(program, storage),
        tags = tags,
        deps = _PROGRAMS[program].deps,
    )

def layer_of(layer, storage):
    """What the program of a layer calls it (judge.h)."""
    if layer in ("oracle", "bulk", "stress"):
        return layer
    return layer + "-" + scheduled_storage(storage)

def pma_mutant(name, headers, layer, trials, storage = "inline", wide = False):
    """A mutant, the test that it is killed, and its programs for the kill table.

    Creates `name`, the program of the layer that kills it fastest, and
    `name_is_killed_test`: some trial fails, and passes on the healthy map. For
    the kill table, and built for nothing else: `name_PROGRAM` for each of
    _PROGRAMS, and `name_stress_SANITIZER`.

    Args:
      name: of the mutant; NAME.patch is the patch.
      headers: labels whose headers are copied and patched.
      layer: oracle, bulk, interleavings, stale or stress.
      trials: among so many the test must find one that fails.
      storage: how the map of the trials keeps its keys and values.
      wide: whether the test runs with --config=wide only.
    """
    tags = ["wide"] if wide else []
    patch = name + ".patch"
    fast = {
        "bulk": "oracle",
        "oracle": "oracle",
        "stress": "stress",
    }.get(layer, "schedules")
    _program(
        name = name,
        # Mostly, compiling takes longer than the trials.
        copts = ["-O0" if trials < 10000 else "-O1"],
        headers = headers,
        patch = patch,
        program = fast,
        storage = storage,
        tags = tags,
    )
    healthy = "healthy_" + fast
    if fast != "schedules" and storage != "inline":
        healthy += "_encoded" if storage == "encoded" else "_boxed"
    sh_test(
        name = name + "_is_killed_test",
        size = "large" if wide else "medium",
        srcs = ["is_killed_test.sh"],
        args = [
            "$(rootpath :%s)" % name,
            "$(rootpath :%s)" % healthy,
            "--layer=" + layer_of(layer, storage),
            "--trials=%d" % trials,
        ],
        data = [
            healthy,
            name,
        ],
        tags = tags,
    )

    # Manual: six programs for each mutant take two cores twenty minutes.
    for program in _PROGRAMS:
        _program(
            name = name + "_" + program,
            copts = _PROGRAMS[program].copts,
            headers = headers,
            patch = patch,
            program = program,
            storage = storage,
            tags = ["manual"],
        )
    for sanitizer in _STRESS_SANITIZERS:
        variant_binary(
            name = name + "_stress_" + sanitizer,
            testonly = True,
            binary = name + "_stress",
            tags = ["manual"],
            variant = sanitizer,
        )

def programs_of(name):
    """The targets of a mutant that the kill table runs."""
    return (
        [name + "_" + program for program in _PROGRAMS] +
        [name + "_stress_" + sanitizer for sanitizer in _STRESS_SANITIZERS]
    )
