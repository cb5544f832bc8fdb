# SPDX-License-Identifier: Apache-2.0

"""A library built from source, taken from its upstream or from Debian."""

def _from_debian(repository_ctx):
    """Unpacks the upstream tarball of the Debian source package."""
    attr = repository_ctx.attr
    sha256 = attr.debian_sha256 or attr.sha256
    prefix = attr.debian_strip_prefix or attr.strip_prefix

    if attr.debian_sha256:
        # Bazel looks for the hash in its cache before it looks for the file, and
        # there is no such file: this succeeds after the first fetch, offline.
        missing = repository_ctx.path("not-cached.tar." + attr.debian_compression)
        cached = repository_ctx.download_and_extract(
            url = "file://%s" % missing,
            sha256 = sha256,
            stripPrefix = prefix,
            allow_fail = True,
        )
        if cached.success:
            return

    fetched = repository_ctx.execute(
        ["bash", repository_ctx.path(attr._apt_fetch), "source", attr.debian_source],
        timeout = 600,
    )
    if fetched.return_code != 0:
        fail("%s: neither %s nor apt could provide it:\n%s" % (
            attr.name,
            attr.urls[0],
            fetched.stderr,
        ))

    # A download again, to check the hash and to fill Bazel's cache.
    tarball = fetched.stdout.strip()
    repository_ctx.download_and_extract(
        url = "file://" + tarball,
        sha256 = sha256,
        stripPrefix = prefix,
    )
    repository_ctx.delete(tarball)

def _debian_source_impl(repository_ctx):
    attr = repository_ctx.attr

    # Bazel looks in its repository cache and --distdir first, by the hash: after
    # the first fetch this needs no network where Debian's tarball is upstream's.
    upstream = repository_ctx.download_and_extract(
        url = attr.urls,
        sha256 = attr.sha256,
        stripPrefix = attr.strip_prefix,
        allow_fail = True,
    )
    if not upstream.success:
        _from_debian(repository_ctx)

    if attr.build_file:
        for name in ["BUILD", "BUILD.bazel"]:
            repository_ctx.delete(name)
        repository_ctx.symlink(attr.build_file, "BUILD.bazel")

debian_source = repository_rule(
    doc = """Fetches the source of a library that Debian packages as well.

The upstream release comes first. Where only a Debian mirror can be reached, the
upstream tarball of Debian's source package takes its place, through apt and the
machine's own configuration of it. Both are pinned by hash.
""",
    implementation = _debian_source_impl,
    attrs = {
        "build_file": attr.label(
            doc = "Takes the place of the archive's own top-level BUILD file.",
            allow_single_file = True,
        ),
        "debian_compression": attr.string(default = "gz"),
        "debian_sha256": attr.string(doc = "Of Debian's tarball, where it differs from upstream's."),
        "debian_source": attr.string(mandatory = True),
        "debian_strip_prefix": attr.string(doc = "Top folder of Debian's tarball, where it differs from upstream's."),
        "sha256": attr.string(mandatory = True),
        "strip_prefix": attr.string(mandatory = True),
        "urls": attr.string_list(mandatory = True),
        "_apt_fetch": attr.label(default = "//tools/debian:apt_fetch.sh"),
    },
)
