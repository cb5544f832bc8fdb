# SPDX-License-Identifier: Apache-2.0

"""Files out of a Debian package that is not installed."""

_BUILD = """\
# Files of Debian's package {package}.
exports_files({files})
"""

def _debian_package_impl(repository_ctx):
    attr = repository_ctx.attr
    fetched = repository_ctx.execute(
        ["bash", repository_ctx.path(attr._apt_fetch), "binary", attr.package],
        timeout = 600,
    )
    if fetched.return_code != 0:
        fail("%s: apt could not provide Debian's package %s:\n%s" % (
            attr.name,
            attr.package,
            fetched.stderr,
        ))
    package_file = fetched.stdout.strip()
    unpacked = repository_ctx.execute(["dpkg-deb", "-x", package_file, "unpacked"])
    if unpacked.return_code != 0:
        fail("%s: cannot unpack %s:\n%s" % (attr.name, package_file, unpacked.stderr))

    for name, path in attr.files.items():
        file = repository_ctx.path("unpacked/" + path)
        if not file.exists:
            fail("%s: Debian's package %s no longer contains %s" % (
                attr.name,
                attr.package,
                path,
            ))

        # A download from the unpacked folder is a copy that checks the hash.
        repository_ctx.download(
            url = "file://%s" % file,
            output = name,
            executable = name in attr.programs,
            sha256 = attr.sha256.get(name, ""),
        )
    repository_ctx.delete("unpacked")
    labels = sorted(attr.files.keys())
    if attr.archive:
        # By another name than apt's, which says which version it is.
        repository_ctx.symlink(package_file, attr.archive)
        labels.append(attr.archive)
    else:
        repository_ctx.delete(package_file)
    repository_ctx.file("BUILD.bazel", _BUILD.format(
        files = labels,
        package = attr.package,
    ))

debian_package = repository_rule(
    doc = """Makes files of a Debian package available as labels.

The package is found by its name in the archive the machine is configured for;
apt checks its signature. Nothing is installed.
""",
    implementation = _debian_package_impl,
    attrs = {
        "archive": attr.string(
            doc = "Label name of the package itself, for who wants most of its files.",
        ),
        "files": attr.string_dict(
            doc = "Label name of each file wanted, and its path in the package.",
        ),
        "package": attr.string(mandatory = True),
        "programs": attr.string_list(
            doc = "Label names of those files that are to be executed.",
        ),
        "sha256": attr.string_dict(
            doc = "By label name: the hash of a file that never changes.",
        ),
        "_apt_fetch": attr.label(default = "//tools/debian:apt_fetch.sh"),
    },
)
