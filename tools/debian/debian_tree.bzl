# SPDX-License-Identifier: Apache-2.0

"""Several Debian packages, unpacked side by side and not installed."""

def _debian_tree_impl(repository_ctx):
    attr = repository_ctx.attr
    fetched = repository_ctx.execute(
        ["bash", repository_ctx.path(attr._apt_fetch), "binary"] + attr.packages,
        timeout = 600,
    )
    if fetched.return_code != 0:
        fail("%s: apt could not provide Debian's packages %s:\n%s" % (
            attr.name,
            ", ".join(attr.packages),
            fetched.stderr,
        ))
    for package_file in fetched.stdout.splitlines():
        unpacked = repository_ctx.execute(["dpkg-deb", "-x", package_file, "."])
        if unpacked.return_code != 0:
            fail("%s: cannot unpack %s:\n%s" % (attr.name, package_file, unpacked.stderr))
        repository_ctx.delete(package_file)
    repository_ctx.symlink(attr.build_file, "BUILD.bazel")

debian_tree = repository_rule(
    doc = """Makes a library out of the binary packages that Debian has of it.

They are found by their names in the archive the machine is configured for; apt
checks their signatures. Nothing is installed, and what they depend on is not
fetched unless it is named, too.
""",
    implementation = _debian_tree_impl,
    attrs = {
        "build_file": attr.label(
            doc = "The BUILD file at the root of the unpacked packages.",
            allow_single_file = True,
            mandatory = True,
        ),
        "packages": attr.string_list(mandatory = True),
        "_apt_fetch": attr.label(default = "//tools/debian:apt_fetch.sh"),
    },
)
