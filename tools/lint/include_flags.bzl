# SPDX-License-Identifier: Apache-2.0

"""The headers of libraries, for tests that run a compiler themselves."""

def _folder_in_runfiles(ctx, folder):
    """Where a folder of headers lies, seen from where tests start."""
    if folder.startswith(ctx.bin_dir.path + "/"):
        folder = folder[len(ctx.bin_dir.path) + 1:]
    if folder.startswith("external/"):
        folder = "../" + folder[len("external/"):]
    return folder

def _include_flags_impl(ctx):
    context = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    folders = {}
    for listed in [context.includes, context.quote_includes, context.system_includes]:
        for folder in listed.to_list():
            folder = _folder_in_runfiles(ctx, folder)

            # All that is left are the repository's own root, and outputs.
            if folder.startswith("../"):
                folders[folder] = True
    flags = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(flags, "".join(["-isystem%s\n" % folder for folder in folders]))
    return [DefaultInfo(
        files = depset([flags]),
        runfiles = ctx.runfiles([flags], transitive_files = context.headers),
    )]

include_flags = rule(
    doc = """A file with a compiler's flag for each folder of the libraries' headers.

Whoever has it in its data has the headers, too.
""",
    implementation = _include_flags_impl,
    attrs = {"deps": attr.label_list(mandatory = True, providers = [CcInfo])},
)
