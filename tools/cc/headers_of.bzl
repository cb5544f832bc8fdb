# SPDX-License-Identifier: Apache-2.0

"""The headers of a library, for programs that compile outside of Bazel."""

def _headers_of_impl(ctx):
    context = ctx.attr.library[CcInfo].compilation_context
    return [DefaultInfo(
        files = context.headers,
        runfiles = ctx.runfiles(transitive_files = context.headers),
    )]

headers_of = rule(
    doc = "All headers that a user of a cc_library may come to include.",
    implementation = _headers_of_impl,
    attrs = {"library": attr.label(mandatory = True, providers = [CcInfo])},
)
