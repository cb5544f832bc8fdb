# SPDX-License-Identifier: Apache-2.0

"""A library of others of which only a part need be linked, and so compiled."""

def _linked_part_impl(ctx):
    library = ctx.attr.library[CcInfo]
    linked = [
        linker_input
        for linker_input in library.linking_context.linker_inputs.to_list()
        if linker_input.owner.name in ctx.attr.linked
    ]
    found = [linker_input.owner.name for linker_input in linked]
    for name in ctx.attr.linked:
        if name not in found:
            fail("%s does not depend on any %s" % (ctx.attr.library.label, name))
    return [CcInfo(
        compilation_context = library.compilation_context,
        linking_context = cc_common.create_linking_context(
            linker_inputs = depset(linked),
        ),
    )]

linked_part = rule(
    doc = """All headers of a cc_library, and no more of its code than is wanted.

A library may depend on much that most of its users never call: all of it would
be compiled, and once more for each sanitizer. What is missing shows when a
program is linked.
""",
    implementation = _linked_part_impl,
    attrs = {
        "library": attr.label(mandatory = True, providers = [CcInfo]),
        "linked": attr.string_list(
            doc = "Names of the targets below the library that are linked.",
            mandatory = True,
        ),
    },
)
