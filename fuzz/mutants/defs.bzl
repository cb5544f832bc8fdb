"""Mutants: copies of the map with one bug planted in each, which tests must find.

A mutant is a patch, NAME.patch: a line that says what is broken, an empty line,
and a unified diff (as of `git diff`) against the repository. It is applied to a
copy of the sources, so that the product's headers contain nothing of it.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("@rules_shell//shell:sh_test.bzl", "sh_test")

# The offsets of a hunk may have changed, its context may not (--fuzz=0): a patch
# that lands somewhere else plants another bug than it says.
_APPLY = """
set -euo pipefail
root=$1 patch=$2 copies=$3
while read -r from to; do
  mkdir -p "$(dirname "$to")"
  cp -L "$from" "$to"
  chmod u+w "$to"
done <"$copies"
if ! patch --directory="$root" --strip=1 --fuzz=0 --forward --batch \\
  --no-backup-if-mismatch --reject-file=- <"$patch" >"$root/patch.log" 2>&1; then
  echo "$patch does not apply any more:" >&2
  cat "$root/patch.log" >&2
  exit 1
fi
rm "$root/patch.log"
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
    pairs = ctx.actions.args()
    pairs.set_param_file_format("multiline")
    inputs = [file for file in ctx.files.headers if file.extension == "h"]
    inputs += ctx.files.harness
    for file in inputs:
        copy = ctx.actions.declare_file(ctx.label.name + "/" + file.short_path)
        copies.append(copy)
        pairs.add("%s %s" % (file.path, copy.path))
    check = ctx.actions.declare_file(ctx.label.name + "/only_the_mutant.cc")
    list_of_copies = ctx.actions.declare_file(ctx.label.name + ".copies")
    ctx.actions.write(list_of_copies, pairs)
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

def pma_mutant(name, headers, harness, deps, args, patch = None):
    """A mutant under one harness, and the test that it is killed.

    Creates `name`, a binary: the harness compiled against the mutant; and
    `name_is_killed_test`, which runs it and expects it to find a violation.

    Args:
      name: of the binary; a mutant has one for each harness that it runs under.
      headers: labels whose headers are copied and patched.
      harness: the sources of the program that judges the mutant.
      deps: of the harness; none of them may bring the healthy headers along.
      args: of the harness.
      patch: the patch; NAME.patch if None.
    """
    mutant_sources(
        name = name + "_sources",
        testonly = True,
        harness = harness,
        headers = headers,
        patch = patch or name + ".patch",
    )
    cc_binary(
        name = name,
        testonly = True,
        srcs = [":%s_sources" % name],
        copts = ["-w"],  # A mutant may leave something unused.
        includes = [name + "_sources"],
        deps = deps,
    )
    sh_test(
        name = name + "_is_killed_test",
        size = "medium",
        srcs = ["is_killed_test.sh"],
        args = ["$(rootpath :%s)" % name] + args,
        data = [":" + name],
    )
